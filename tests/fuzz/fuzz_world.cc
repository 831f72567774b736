// SPDX-License-Identifier: BSD-2-Clause
//
// The promises of load().

#include "tests/fuzz/fuzz_world.h"

#include <algorithm>
#include <array>

#include "access-control/address_set.h"
#include "tests/fuzz/fuzz_target.h"

namespace usherd::fuzz {

namespace {

bool is_shown_as_is(char letter)
{
    const auto byte = static_cast<unsigned char>(letter);
    return byte >= 0x20 && byte != 0x7F;
}

void check_diagnostic(const config::Diagnostic& diagnostic)
{
    require(!diagnostic.path.empty(), "a diagnostic has a file");
    // Line 0, the file as a whole, is for files that cannot be read.
    if (diagnostic.location.line == 0)
        require(diagnostic.message.find("cannot be read") != std::string::npos,
                "a diagnostic has a line");
    else
        require(diagnostic.location.column >= 1, "a diagnostic has a column");
    require(diagnostic.length >= 1, "a diagnostic underlines something");
    require(!diagnostic.message.empty(), "a diagnostic says something");
    const std::string shown = config::render(diagnostic);
    require(shown.ends_with('\n'), "what is shown ends with a newline");
    require(std::all_of(shown.begin(), shown.end(),
                        [](char c) { return c == '\n' || is_shown_as_is(c); }),
            "what is shown holds no control character");
    const std::string logged = config::log_line(diagnostic);
    require(std::all_of(logged.begin(), logged.end(), is_shown_as_is),
            "what is logged is one line without control characters");
}

void check_admission(const access::AddressSet& set)
{
    using access::IpAddress;
    static const std::array peers{
        access::Peer{IpAddress::from_ipv4({127, 0, 0, 1}), access::Arrival::native, 1024},
        access::Peer{IpAddress::from_ipv4({192, 0, 2, 7}), access::Arrival::mapped, 80},
        access::Peer{*IpAddress::parse("2001:db8::7"), access::Arrival::native, 9},
    };
    for (const access::Peer& peer : peers) {
        const access::Match match = set.longest_match(peer, "host.example");
        require(!match || match.rule < set.rules().size(), "a match names a rule of the set");
        require(match.bits <= 128, "a match has at most 128 bits");
    }
}

void check_service(const config::ServiceSpec& spec)
{
    require(!spec.id.empty(), "a service has an id");
    const bool has_listener = !spec.types.has(config::ServiceType::tcpmux) &&
                              !spec.types.has(config::ServiceType::tcpmuxplus);
    require(!has_listener || !spec.endpoints.empty(), "a service listens somewhere");
    require(spec.same_settings(spec), "a specification equals itself");
    if (spec.policy->only_from)
        check_admission(*spec.policy->only_from);
    if (spec.policy->no_access)
        check_admission(*spec.policy->no_access);
}

void check_equal(const config::LoadResult& one, const config::LoadResult& other)
{
    require(one.services.size() == other.services.size(), "two loads agree on the services");
    for (std::size_t i = 0; i < one.services.size(); ++i)
        require(one.services[i]->same_settings(*other.services[i]), "two loads agree on a service");
    require(one.dropped.size() == other.dropped.size(), "two loads agree on what is dropped");
    require(one.refused_because == other.refused_because, "two loads agree on the refusal");
    require(one.diagnostics->all().size() == other.diagnostics->all().size(),
            "two loads agree on the diagnostics");
}

} // namespace

std::vector<std::string_view> split_texts(std::string_view input)
{
    constexpr std::string_view separator = "\n%%\n";
    std::vector<std::string_view> texts;
    for (;;) {
        const std::size_t end = input.find(separator);
        texts.push_back(input.substr(0, end));
        if (end == std::string_view::npos)
            return texts;
        input.remove_prefix(end + separator.size());
    }
}

void check_load(test::MemoryFiles& files, const std::string& main_file,
                const config::LoadOptions& options)
{
    SomeNames names;
    const config::LoadResult result = config::load(files, names, main_file, options);
    for (const config::Diagnostic& diagnostic : result.diagnostics->all())
        check_diagnostic(diagnostic);
    for (const config::SpecPointer& service : result.services)
        check_service(*service);
    for (const config::DroppedService& service : result.dropped)
        require(!service.why.empty(), "a dropped service has a reason");
    check_equal(result, config::load(files, names, main_file, options));
}

} // namespace usherd::fuzz
