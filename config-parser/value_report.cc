// SPDX-License-Identifier: BSD-2-Clause
//
// Diagnostics of values: fills in what each of them has in common.

#include "config-parser/value_report.h"

#include <algorithm>

namespace usherd::config {

const std::string& shown_name(const ServiceSpec& spec) noexcept
{
    return spec.id.empty() ? spec.name : spec.id;
}

Diagnostic& ValueReport::bad(const Word& word, const std::string& message) const
{
    return add(Severity::error, fatal(), word, message);
}

void ValueReport::bad_twice(const Word& word, const std::string& first,
                            const std::string& second) const
{
    const bool was_bad = is_bad_;
    bad(word, first);
    is_bad_ = was_bad;
    add(Severity::error, fatal(), word, second).source_line.clear(); // it was just shown
}

Diagnostic& ValueReport::bad_keyword(const Word& word, const std::string& message) const
{
    return add(Severity::warning, fatal(), word, message);
}

Diagnostic& ValueReport::ignored(Severity severity, const Word& word,
                                 const std::string& message) const
{
    return add(severity, Effect::word_ignored, word, message);
}

Diagnostic& ValueReport::advice(const Word& word, const std::string& message) const
{
    Diagnostic& diagnostic = add(Severity::warning, Effect::none, word, message);
    diagnostic.unknown_to_xinetd = true;
    return diagnostic;
}

Diagnostic& ValueReport::line_ignored(const std::string& message) const
{
    return add(Severity::warning, Effect::line_ignored, name_word(), message);
}

Diagnostic& ValueReport::bad_line(Severity severity, const std::string& message) const
{
    return add(severity, fatal(), name_word(), message);
}

Diagnostic& ValueReport::add(Severity severity, Effect effect, const Word& word,
                             const std::string& message) const
{
    Diagnostic diagnostic;
    diagnostic.severity = is_bad_ ? Severity::note : severity;
    is_bad_ = is_bad_ || effect == fatal();
    diagnostic.effect = effect;
    diagnostic.location = word.location;
    diagnostic.length = static_cast<std::uint32_t>(std::max<std::size_t>(word.text.size(), 1));
    diagnostic.message = fmt::format("{}: {}", attribute_.name, message);
    diagnostic.service = shown_name(draft_.spec);
    diagnostic.attribute = attribute_.name;
    return diagnostics_.add(std::move(diagnostic));
}

Effect ValueReport::fatal() const noexcept
{
    return draft_.kind == RawSection::Kind::defaults ? Effect::load_refused
                                                     : Effect::service_dropped;
}

Word ValueReport::name_word() const
{
    return Word{attribute_.name, attribute_.location};
}

} // namespace usherd::config
