// SPDX-License-Identifier: BSD-2-Clause
//
// A handler that tells what it finds when it starts: arguments, environment, ids, masks, limits,
// descriptors. Sections of text on standard output; harness/probe.py reads them. Static and
// single-threaded, so that no loader, shell or interpreter changes what is to be seen.

#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace {

std::string contents(const char* path)
{
    std::string text;
    if (std::FILE* file = std::fopen(path, "re")) {
        char buffer[4096];
        while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, file))
            text.append(buffer, count);
        std::fclose(file);
    }
    return text;
}

void section(std::string& report, std::string_view name, std::string text, bool nul_separated)
{
    if (nul_separated)
        for (char& byte : text)
            if (byte == '\0')
                byte = '\n';
    report.append("[").append(name).append("]\n").append(text);
}

std::string target(const std::string& link)
{
    char buffer[4096];
    const ssize_t size = ::readlink(link.c_str(), buffer, sizeof buffer);
    return {buffer, size > 0 ? static_cast<std::size_t>(size) : 0};
}

std::string descriptors()
{
    std::string lines;
    DIR* directory = ::opendir("/proc/self/fd");
    if (directory == nullptr)
        return lines;
    while (const dirent* entry = ::readdir(directory)) {
        const std::string number = entry->d_name;
        if (number[0] != '.' && std::atoi(number.c_str()) != ::dirfd(directory))
            lines += number + ' ' + target("/proc/self/fd/" + number) + '\n';
    }
    ::closedir(directory);
    return lines;
}

} // namespace

int main()
{
    std::string report;
    section(report, "fd", descriptors(), false);
    section(report, "cmdline", contents("/proc/self/cmdline"), true);
    section(report, "environ", contents("/proc/self/environ"), true);
    section(report, "status", contents("/proc/self/status"), false);
    section(report, "limits", contents("/proc/self/limits"), false);
    section(report, "cwd", target("/proc/self/cwd") + '\n', false);
    section(report, "stat", contents("/proc/self/stat"), false);
    section(report, "flags", std::to_string(::fcntl(STDIN_FILENO, F_GETFL)) + '\n', false);
    report += "[end]\n";
    return std::fwrite(report.data(), 1, report.size(), stdout) == report.size() ? 0 : 1;
}
