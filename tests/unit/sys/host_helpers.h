// SPDX-License-Identifier: BSD-2-Clause
//
// Addresses and small files for the tests of the resolver.

#pragma once

#include <arpa/inet.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

#include "daemon/sys/host_address.h"
#include "tests/support/catch.h"

namespace usherd::sys {

inline HostAddress host(const char* text)
{
    HostAddress address;
    if (::inet_pton(AF_INET, text, address.bytes.data() + 12) == 1)
        address.is_ipv4 = true;
    else
        REQUIRE(::inet_pton(AF_INET6, text, address.bytes.data()) == 1);
    return address;
}

class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& text)
    {
        std::array<char, 32> name{"/tmp/usherd-test.XXXXXX"};
        const int fd = ::mkstemp(name.data());
        REQUIRE(fd >= 0);
        ::close(fd);
        path_ = name.data();
        write(text);
    }
    ~TemporaryFile() { ::unlink(path_.c_str()); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    void write(const std::string& text)
    {
        FILE* file = std::fopen(path_.c_str(), "we");
        REQUIRE(file != nullptr);
        REQUIRE(std::fwrite(text.data(), 1, text.size(), file) == text.size());
        REQUIRE(std::fclose(file) == 0);
    }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

} // namespace usherd::sys
