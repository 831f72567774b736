// SPDX-License-Identifier: BSD-2-Clause
//
// A handler that proves how many of its kind are alive: it takes one of N lock files, which only
// the end of the process gives back, even SIGKILL. Says `PID` or, if all are taken, `overflow`;
// then stays until the client closes. Static, so that thousands of starts are cheap.

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/file.h>
#include <unistd.h>

namespace {

bool take_slot(const std::string& directory, int slots)
{
    for (int slot = 0; slot < slots; ++slot) {
        const std::string path = directory + "/slot-" + std::to_string(slot);
        const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd >= 0 && ::flock(fd, LOCK_EX | LOCK_NB) == 0)
            return true; // held open until the process ends
        if (fd >= 0)
            ::close(fd);
    }
    return false;
}

void say(std::string_view text)
{
    if (::write(STDOUT_FILENO, text.data(), text.size()) < 0)
        std::exit(1);
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3) {
        std::fputs("usage: usherd-slot-handler DIRECTORY SLOTS\n", stderr);
        return 2;
    }
    const bool taken = take_slot(argv[1], std::atoi(argv[2]));
    say(taken ? std::to_string(::getpid()) + '\n' : "overflow\n");
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
    return taken ? 0 : 1;
}
