// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/library.h"

#include <dlfcn.h>

namespace usherd::sys {

Library::Library(const char* name) noexcept
    : name_(name), handle_(::dlopen(name, RTLD_NOW | RTLD_LOCAL)),
      error_number_(handle_ == nullptr ? ELIBACC : 0)
{
}

void* Library::symbol(const char* name) noexcept
{
    void* found = handle_ == nullptr ? nullptr : ::dlsym(handle_, name);
    if (found == nullptr && error_number_ == 0)
        error_number_ = EINVAL;
    return found;
}

Result<void> Library::state() const noexcept
{
    if (error_number_ != 0)
        return SysError{name_, error_number_};
    return {};
}

} // namespace usherd::sys
