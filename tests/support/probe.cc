// SPDX-License-Identifier: BSD-2-Clause
//
// usherd-unit-probe: a handler that tells the unit tests what it was given, a `name: value` a line.
// Linked statically, so that its start is quick and no loader opens files.
//
// --to=FD        writes there instead of to fd 1
// --quiet        writes nothing
// --exit=N       exits with N instead of 0
// --wait         waits to be killed
// --ignore-term  ignores TERM
// --fork         leaves a child in its group that waits, and ignores TERM
//
// Anything else is only told.

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <type_traits>
#include <unistd.h>

extern char** environ;

namespace {

struct Options {
    int to = 1;
    int exit_status = 0;
    bool quiet = false, waits = false, ignores_term = false, forks = false;
};

Options read_options(int argc, char** argv)
{
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word.rfind("--to=", 0) == 0)
            options.to = std::atoi(word.c_str() + 5);
        else if (word.rfind("--exit=", 0) == 0)
            options.exit_status = std::atoi(word.c_str() + 7);
        options.quiet |= word == "--quiet";
        options.waits |= word == "--wait";
        options.ignores_term |= word == "--ignore-term";
        options.forks |= word == "--fork";
    }
    return options;
}

class Report {
public:
    template <typename... Parts>
    void line(const Parts&... parts)
    {
        ((text_ += text_of(parts)), ...);
        text_ += '\n';
    }
    void write_to(int fd) const
    {
        std::size_t written = 0;
        while (written < text_.size()) {
            const ssize_t count = ::write(fd, text_.data() + written, text_.size() - written);
            if (count < 0)
                std::_Exit(120 + errno % 8);
            written += static_cast<std::size_t>(count);
        }
    }

private:
    static std::string text_of(const std::string& text) { return text; }
    static std::string text_of(const char* text) { return text; }
    template <typename Number>
    requires std::is_integral_v<Number>
    static std::string text_of(Number number) { return std::to_string(number); }

    std::string text_;
};

[[noreturn]] void wait_to_be_killed()
{
    for (;;)
        ::pause();
}

/// Before anything else is opened.
void tell_descriptors(Report& report)
{
    DIR* const directory = ::opendir("/proc/self/fd");
    if (directory == nullptr)
        return;
    while (const dirent* entry = ::readdir(directory)) {
        const int fd = std::atoi(entry->d_name);
        if (entry->d_name[0] == '.' || fd == ::dirfd(directory))
            continue;
        const std::string link = std::string("/proc/self/fd/") + entry->d_name;
        char target[4096];
        const ssize_t length = ::readlink(link.c_str(), target, sizeof target);
        const bool blocks = (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
        report.line("fd ", fd, ": ",
                    std::string(target, length < 0 ? 0 : static_cast<std::size_t>(length)),
                    blocks ? " blocking" : " nonblocking");
    }
    ::closedir(directory);
}

void tell_credentials(Report& report)
{
    uid_t uids[3];
    gid_t gids[3];
    ::getresuid(&uids[0], &uids[1], &uids[2]);
    ::getresgid(&gids[0], &gids[1], &gids[2]);
    report.line("uid: ", uids[0], " ", uids[1], " ", uids[2]);
    report.line("gid: ", gids[0], " ", gids[1], " ", gids[2]);
    gid_t groups[1024];
    const int count = ::getgroups(1024, groups);
    std::string text = "groups:";
    for (int i = 0; i < count; ++i)
        text += " " + std::to_string(groups[i]);
    report.line(text);
}

void tell_limits(Report& report)
{
    constexpr struct {
        const char* name;
        int resource;
    } rows[]{{"nofile", RLIMIT_NOFILE}, {"as", RLIMIT_AS},   {"cpu", RLIMIT_CPU},
             {"data", RLIMIT_DATA},     {"rss", RLIMIT_RSS}, {"stack", RLIMIT_STACK}};
    for (const auto& row : rows) {
        rlimit limit{};
        ::getrlimit(static_cast<__rlimit_resource_t>(row.resource), &limit);
        report.line("limit ", row.name, ": ", limit.rlim_cur, " ", limit.rlim_max);
    }
}

/// Masks as the kernel writes them: SigBlk, SigIgn, SigCgt.
void tell_signals(Report& report)
{
    FILE* const status = std::fopen("/proc/self/status", "re");
    if (status == nullptr)
        return;
    char line[512];
    while (std::fgets(line, sizeof line, status) != nullptr) {
        line[std::strcspn(line, "\n")] = '\0';
        if (std::strncmp(line, "SigBlk:", 7) == 0 || std::strncmp(line, "SigIgn:", 7) == 0 ||
            std::strncmp(line, "SigCgt:", 7) == 0)
            report.line(std::string(line, 6), ": ", line + 8);
    }
    std::fclose(status);
}

void tell_process(Report& report)
{
    char directory[4096] = "";
    if (::getcwd(directory, sizeof directory) == nullptr)
        directory[0] = '\0';
    report.line("cwd: ", directory);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    report.line("umask: ", mask / 64 % 8, mask / 8 % 8, mask % 8);
    report.line("nice: ", ::getpriority(PRIO_PROCESS, 0));
    report.line("pid: ", ::getpid());
    report.line("ppid: ", ::getppid());
    report.line("sid: ", ::getsid(0));
    report.line("pgid: ", ::getpgrp());
}

} // namespace

int main(int argc, char** argv)
{
    Report report;
    tell_descriptors(report);
    const Options options = read_options(argc, argv);
    for (int i = 0; i < argc; ++i)
        report.line("argv ", i, ": ", argv[i]);
    for (char** variable = environ; *variable != nullptr; ++variable)
        report.line("env: ", *variable);
    tell_credentials(report);
    tell_limits(report);
    tell_signals(report);
    tell_process(report);
    if (options.ignores_term || options.forks)
        std::signal(SIGTERM, SIG_IGN); // before the fork: the child ignores it from the first
    if (options.forks) {
        const pid_t child = ::fork();
        if (child == 0)
            wait_to_be_killed();
        report.line("child: ", child);
    }
    if (!options.ignores_term)
        std::signal(SIGTERM, SIG_DFL);
    if (!options.quiet)
        report.write_to(options.to);
    if (options.waits)
        wait_to_be_killed();
    return options.exit_status;
}
