// SPDX-License-Identifier: BSD-2-Clause
//
// When what is remembered may be taken for what stands in the file.

#include "config-parser/recall.h"

#include <algorithm>
#include <utility>

namespace usherd::config {

namespace {

/// Sources has the names of the last load's files and, once more, of those that are read; beyond
/// this share all are read anew.
constexpr std::size_t most_stale_share = 2;
constexpr std::size_t few_files = 64;

std::size_t told(const Diagnostics& diagnostics)
{
    return diagnostics.all().size() + diagnostics.not_kept();
}

/// Compares what two loads have read: a file that was read twice has two numbers.
class Comparison {
public:
    explicit Comparison(const Sources& sources) : sources_(sources) {}

    [[nodiscard]] bool operator()(const RawSection& one, const RawSection& other) const
    {
        return one.name == other.name && same(one.location, other.location) && !one.grammar_error &&
               !other.grammar_error &&
               std::equal(one.attributes.begin(), one.attributes.end(), other.attributes.begin(),
                          other.attributes.end(),
                          [this](const auto& a, const auto& b) { return same(a, b); });
    }

private:
    [[nodiscard]] bool same(const SourceLocation& one, const SourceLocation& other) const
    {
        return one.line == other.line && one.column == other.column &&
               sources_.compare(one.file, other.file) == 0;
    }
    [[nodiscard]] bool same(const RawAttribute& one, const RawAttribute& other) const
    {
        const auto same_word = [this](const Word& a, const Word& b) {
            return a.text == b.text && same(a.location, b.location);
        };
        return one.name == other.name && one.op == other.op && same(one.location, other.location) &&
               std::equal(one.words.begin(), one.words.end(), other.words.begin(),
                          other.words.end(), same_word);
    }

    const Sources& sources_;
};

} // namespace

Recall::Recall(LoadMemory& memory, StampSource& stamps, InquiryLog& inquiries, Sources& sources,
               Diagnostics& diagnostics, Assembly& assembly)
    : last_(memory), stamps_(stamps), inquiries_(inquiries), sources_(sources),
      diagnostics_(diagnostics), assembly_(assembly)
{
    renewed_.resize(last_.inquiry_sets.size());
    // Under the numbers that they have in the places of the services.
    for (std::size_t i = 0; last_.sources != nullptr && i < last_.sources->size(); ++i)
        (void)sources_.add(last_.sources->path(static_cast<SourceId>(i)), nullptr);
    inquiries_.begin();
}

void Recall::on_defaults(const RawSection& section)
{
    only_services_ = false;
    next_.defaults.push_back(section);
    same_surroundings_.reset();
}

bool Recall::ask_again(const InquirySet& set)
{
    return std::all_of(set.begin(), set.end(), [this](std::uint32_t number) {
        const AnsweredInquiry& inquiry = last_.inquiries[number];
        return inquiries_.ask(inquiry.inquiry) == inquiry.answer;
    });
}

void Recall::flush()
{
    if (const auto asked = inquiries_.end())
        surrounding_.insert(surrounding_.end(), asked->begin(), asked->end());
    else
        surrounding_complete_ = false;
    inquiries_.begin();
}

bool Recall::has_same_defaults() const
{
    return std::equal(next_.defaults.begin(), next_.defaults.end(), last_.defaults.begin(),
                      last_.defaults.end(), Comparison(sources_));
}

bool Recall::has_same_surroundings()
{
    if (!same_surroundings_) {
        flush();
        same_surroundings_ = has_same_defaults() && ask_again(last_.surrounding);
        inquiries_.begin();
    }
    return *same_surroundings_;
}

std::uint32_t Recall::number(InquirySet set)
{
    const auto [found, is_new] =
        set_numbers_.emplace(std::move(set), static_cast<std::uint32_t>(set_numbers_.size()));
    return found->second;
}

std::optional<std::uint32_t> Recall::renew(std::uint32_t set)
{
    auto& renewed = renewed_[set];
    if (!renewed) {
        flush();
        std::optional<InquirySet> asked;
        if (ask_again(last_.inquiry_sets[set]))
            asked = inquiries_.end();
        inquiries_.begin();
        renewed.emplace(asked ? std::optional{number(*std::move(asked))} : std::nullopt);
    }
    return *renewed;
}

const LoadMemory::File* Recall::find(const std::string& path) const
{
    const auto file =
        std::lower_bound(last_.files.begin(), last_.files.end(), path,
                         [this](const LoadMemory::File& one, const std::string& wanted) {
                             return last_.sources->compare(one.source, wanted) < 0;
                         });
    const bool found = file != last_.files.end() && last_.sources->compare(file->source, path) == 0;
    return found ? &*file : nullptr;
}

std::optional<std::uint64_t> Recall::take(const std::string& path, const std::string& resolved)
{
    const LoadMemory::File* const file = find(path);
    if (file == nullptr || stamps_.stamp(resolved) != file->stamp || !has_same_surroundings())
        return std::nullopt;
    const auto inquiries = renew(file->inquiries);
    if (!inquiries)
        return std::nullopt;
    const std::size_t first = assembly_.services().size();
    assembly_.take_over(std::span(last_.services).subspan(file->first_service, file->services),
                        file->used_defaults);
    remember(file->source, file->stamp, first, *inquiries, file->used_defaults);
    return file->stamp.size;
}

void Recall::begin()
{
    flush();
    only_services_ = true;
    saw_service_ = false;
    services_before_ = assembly_.services().size();
    diagnostics_before_ = told(diagnostics_);
    defaults_used_before_ = assembly_.note_defaults_used(false);
}

void Recall::end(SourceId source, const std::optional<FileStamp>& stamp)
{
    const bool used_defaults = assembly_.note_defaults_used(false);
    (void)assembly_.note_defaults_used(used_defaults || defaults_used_before_);
    if (!only_services_)
        return flush();
    auto asked = inquiries_.end();
    inquiries_.begin();
    if (!stamp || !saw_service_ || !asked || told(diagnostics_) != diagnostics_before_)
        return;
    remember(source, *stamp, services_before_, number(*std::move(asked)), used_defaults);
}

void Recall::remember(SourceId source, const FileStamp& stamp, std::size_t first_service,
                      std::uint32_t inquiries, bool used_defaults)
{
    const auto& all = assembly_.services();
    LoadMemory::File file;
    file.source = source;
    file.first_service = static_cast<std::uint32_t>(next_.services.size());
    file.services = static_cast<std::uint32_t>(all.size() - first_service);
    file.used_defaults = used_defaults;
    file.inquiries = inquiries;
    file.stamp = stamp;
    next_.files.push_back(file);
    next_.services.insert(next_.services.end(),
                          all.begin() + static_cast<std::ptrdiff_t>(first_service), all.end());
}

void Recall::finish(const LoadResult& result) &&
{
    if (!result.refused_because.empty())
        return; // the services that run are those of an earlier load
    flush();
    if (!surrounding_complete_ ||
        sources_.size() > most_stale_share * next_.files.size() + few_files) {
        last_ = {};
        return;
    }
    const auto comes_before = [this](const auto& one, const auto& other) {
        return sources_.compare(one.source, other.source) < 0;
    };
    // As they are with one directory, in whose order they were read.
    if (!std::is_sorted(next_.files.begin(), next_.files.end(), comes_before))
        std::sort(next_.files.begin(), next_.files.end(), comes_before);
    next_.files.shrink_to_fit();
    next_.services.shrink_to_fit();
    next_.inquiry_sets.resize(set_numbers_.size());
    for (const auto& [set, number] : set_numbers_)
        next_.inquiry_sets[number] = set;
    std::sort(surrounding_.begin(), surrounding_.end());
    surrounding_.erase(std::unique(surrounding_.begin(), surrounding_.end()), surrounding_.end());
    next_.surrounding = std::move(surrounding_);
    next_.inquiries = std::move(inquiries_).take_all();
    next_.sources = result.sources;
    last_ = std::move(next_);
}

} // namespace usherd::config
