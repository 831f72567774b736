// SPDX-License-Identifier: BSD-2-Clause
//
// Asking, and asking again.

#include "config-parser/inquiry.h"

#include <algorithm>

#include <fmt/format.h>

namespace usherd::config {

namespace {

std::string ids_of(const UserEntry& user)
{
    return fmt::format("{} {}", user.uid, user.gid);
}

UserEntry account(const Inquiry& inquiry)
{
    UserEntry entry{inquiry.about, 0, 0};
    const std::size_t blank = inquiry.of.find(' ');
    entry.uid = static_cast<std::uint32_t>(std::stoul(inquiry.of));
    entry.gid = static_cast<std::uint32_t>(std::stoul(inquiry.of.substr(blank + 1)));
    return entry;
}

} // namespace

std::optional<InquirySet> InquiryLog::end()
{
    if (!complete_)
        return std::nullopt;
    std::sort(since_.begin(), since_.end());
    since_.erase(std::unique(since_.begin(), since_.end()), since_.end());
    return since_;
}

std::vector<AnsweredInquiry> InquiryLog::take_all() &&
{
    std::vector<AnsweredInquiry> all(kept_.size());
    for (auto& [inquiry, kept] : kept_)
        all[kept.number] = {inquiry, std::move(kept.answer)};
    kept_.clear();
    return all;
}

template <typename Kind>
Kind InquiryLog::note(Inquiry inquiry, Kind answer)
{
    auto found = kept_.find(inquiry);
    if (found == kept_.end() && kept_.size() < most_kept)
        found =
            kept_
                .emplace(std::move(inquiry), Kept{static_cast<std::uint32_t>(kept_.size()), answer})
                .first;
    // One that has changed while it was asked is as good as unknown.
    if (found == kept_.end() || std::get<Kind>(found->second.answer) != answer)
        complete_ = false;
    else
        since_.push_back(found->second.number);
    return answer;
}

Answer InquiryLog::ask(const Inquiry& inquiry)
{
    switch (inquiry.kind) {
    case Inquiry::Kind::port:
        return port_of(inquiry.about, inquiry.of);
    case Inquiry::Kind::protocol:
        return protocol(inquiry.about);
    case Inquiry::Kind::user:
        return user(inquiry.about);
    case Inquiry::Kind::user_by_id:
        return user(static_cast<std::uint32_t>(std::stoul(inquiry.about)));
    case Inquiry::Kind::group:
        return group(inquiry.about);
    case Inquiry::Kind::groups_of:
        return groups_of(account(inquiry));
    case Inquiry::Kind::network:
        return network(inquiry.about);
    case Inquiry::Kind::rpc_program:
        return rpc_program(inquiry.about);
    case Inquiry::Kind::addresses:
        return addresses_of(inquiry.about);
    case Inquiry::Kind::environment:
        return environment(inquiry.about);
    case Inquiry::Kind::may_execute:
        break;
    }
    return may_execute(inquiry.about);
}

std::variant<std::monostate, FileError> InquiryLog::may_execute(const std::string& path)
{
    return note({Inquiry::Kind::may_execute, path, {}}, files_.may_execute(path));
}

std::optional<std::uint16_t> InquiryLog::port_of(const std::string& service,
                                                 const std::string& protocol)
{
    return note({Inquiry::Kind::port, service, protocol}, names_.port_of(service, protocol));
}

std::optional<ProtocolEntry> InquiryLog::protocol(const std::string& name)
{
    return note({Inquiry::Kind::protocol, name, {}}, names_.protocol(name));
}

std::optional<UserEntry> InquiryLog::user(const std::string& name)
{
    return note({Inquiry::Kind::user, name, {}}, names_.user(name));
}

std::optional<UserEntry> InquiryLog::user(std::uint32_t uid)
{
    return note({Inquiry::Kind::user_by_id, fmt::format("{}", uid), {}}, names_.user(uid));
}

std::optional<std::uint32_t> InquiryLog::group(const std::string& name)
{
    return note({Inquiry::Kind::group, name, {}}, names_.group(name));
}

std::vector<std::uint32_t> InquiryLog::groups_of(const UserEntry& user)
{
    return note({Inquiry::Kind::groups_of, user.name, ids_of(user)}, names_.groups_of(user));
}

std::optional<std::uint32_t> InquiryLog::network(const std::string& name)
{
    return note({Inquiry::Kind::network, name, {}}, names_.network(name));
}

std::optional<std::uint32_t> InquiryLog::rpc_program(const std::string& name)
{
    return note({Inquiry::Kind::rpc_program, name, {}}, names_.rpc_program(name));
}

std::vector<access::IpAddress> InquiryLog::addresses_of(const std::string& host)
{
    return note({Inquiry::Kind::addresses, host, {}}, names_.addresses_of(host));
}

std::optional<std::string> InquiryLog::environment(const std::string& name)
{
    return note({Inquiry::Kind::environment, name, {}}, names_.environment(name));
}

} // namespace usherd::config
