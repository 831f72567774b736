// SPDX-License-Identifier: BSD-2-Clause
//
// How a setter says what is wrong with a word: severity and effect as xinetd has them, the word
// underlined, the attribute named. Decides nothing about values.

#pragma once

#include <string>

#include "config-parser/diagnostic.h"
#include "config-parser/raw_model.h"
#include "config-parser/service_draft.h"

namespace usherd::config {

/// Adds the diagnostics of one line of one entry; all three must outlive it. xinetd reads no
/// further in a line than the first bad value: what is wrong with the rest is told as notes.
class ValueReport {
public:
    ValueReport(const ServiceDraft& draft, const RawAttribute& attribute, Diagnostics& diagnostics)
        : draft_(draft), attribute_(attribute), diagnostics_(diagnostics)
    {
    }

    /// A bad value: ERROR; the service goes (in `defaults`: the load is refused).
    Diagnostic& bad(const Word& word, const std::string& message) const;
    /// The same for a word on which xinetd has two messages.
    void bad_twice(const Word& word, const std::string& first, const std::string& second) const;
    /// A bad keyword of those that xinetd only warns about, with the same effect as `bad`.
    Diagnostic& bad_keyword(const Word& word, const std::string& message) const;
    /// A word that is left out, the service stays.
    Diagnostic& ignored(Severity severity, const Word& word, const std::string& message) const;
    /// Something to think about that xinetd does not mention; nothing is left out.
    Diagnostic& advice(const Word& word, const std::string& message) const;
    /// The line as a whole is left out; the place is the attribute's name.
    Diagnostic& line_ignored(const std::string& message) const;
    /// The line as a whole is bad; the place is the attribute's name.
    Diagnostic& bad_line(Severity severity, const std::string& message) const;

    [[nodiscard]] RawSection::Kind kind() const noexcept { return draft_.kind; }

private:
    Diagnostic& add(Severity severity, Effect effect, const Word& word,
                    const std::string& message) const;
    [[nodiscard]] Effect fatal() const noexcept;
    [[nodiscard]] Word name_word() const;

    const ServiceDraft& draft_;
    const RawAttribute& attribute_;
    Diagnostics& diagnostics_;
    mutable bool is_bad_ = false; ///< a bad value was told
};

/// The id of the entry if it has one by now, else its name; empty for `defaults`.
[[nodiscard]] const std::string& shown_name(const ServiceSpec& spec) noexcept;

} // namespace usherd::config
