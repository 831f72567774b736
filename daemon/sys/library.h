// SPDX-License-Identifier: BSD-2-Clause
//
// A shared library that few configurations use: loaded when it is first wanted, with all that it
// brings along, and not before. Whoever does not use it pays neither its memory nor its bugs.
// A package that ships usherd has to name it by hand: USHERD_NOTE_LIBRARY writes the note that
// tools look for (https://uapi-group.org/specifications/specs/elf_dlopen_metadata/).

#pragma once

#include "daemon/sys/result.h"

namespace usherd::sys {

/// A library that stays until the process ends. Not copied, not moved: functions come from it.
class Library {
public:
    /// @param name its SONAME, a literal: "libwrap.so.0"
    /// Reads files: not in the loop, or before it runs.
    explicit Library(const char* name) noexcept;
    ~Library() = default; // never unloaded: some leave threads' destructors behind
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    /// The function of that name, null if the library has none or is not there itself; state() then
    /// says which. `get<decltype(::name)>("name")`
    template <typename Function>
    [[nodiscard]] Function* get(const char* name) noexcept
    {
        return reinterpret_cast<Function*>(symbol(name));
    }

    /// ELIBACC and the library's name: it cannot be loaded. EINVAL: it has not what was asked for.
    [[nodiscard]] Result<void> state() const noexcept;

private:
    [[nodiscard]] void* symbol(const char* name) noexcept;

    const char* name_;
    void* handle_;
    int error_number_ = 0;
};

} // namespace usherd::sys

// The descriptor is JSON, padded to four bytes by the assembler.
#define USHERD_NOTE_LIBRARY(soname, feature, text)                                                 \
    __asm__(".pushsection .note.dlopen, \"a\", %note\n"                                            \
            ".balign 4\n.long 4\n.long 9f - 8f\n.long 0x407c0c0a\n.asciz \"FDO\"\n"                \
            "8: .ascii \"[{\\\"feature\\\":\\\"" feature "\\\",\\\"description\\\":\\\"" text      \
            "\\\",\\\"priority\\\":\\\"recommended\\\",\\\"soname\\\":[\\\"" soname "\\\"]}]\"\n"  \
            ".byte 0\n9: .balign 4\n.popsection\n")
