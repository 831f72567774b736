// SPDX-License-Identifier: BSD-2-Clause
//
// Floor of start and reload: reads every file of some directories, without looking at what it says,
// and for each has a socket that listens and an epoll that watches it; the ports go up from PORT.
// At SIGHUP asks for the status of every file again, and reads and listens for those that are new.
// Serves nobody.
// usage: usherd-floor-services PORT DIRECTORY ...

#include <array>
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <string>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_set>

#include "tests/bench/floor.h"

namespace {

namespace bench = usherd::bench;

struct Services {
    int next_port = 0;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    std::unordered_set<std::string> known;

    void add(const char* path);
    void scan(const std::string& directory);
};

void Services::add(const char* path)
{
    std::array<char, 4096> text;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    while (read(file, text.data(), text.size()) > 0)
        continue;
    close(file);
    const int listener = bench::listen_on(std::to_string(next_port++).c_str());
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = listener;
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
}

void Services::scan(const std::string& directory)
{
    DIR* const opened = opendir(directory.c_str());
    if (opened == nullptr)
        return;
    while (const dirent* const entry = readdir(opened)) {
        const std::string path = directory + "/" + entry->d_name;
        struct stat status {};
        if (stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
            known.insert(path).second)
            add(path.c_str());
    }
    closedir(opened);
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 3)
        return EXIT_FAILURE;
    sigset_t hangup;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    sigprocmask(SIG_BLOCK, &hangup, nullptr);
    Services services;
    services.next_port = std::atoi(argv[1]);
    for (int received = 0;; sigwait(&hangup, &received))
        for (int i = 2; i < argc; ++i)
            services.scan(argv[i]);
}
