// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/reload_plan.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace usherd::core {

using config::ServiceFlag;
using config::ServiceSpec;
using config::ServiceType;
using config::SpecPointer;

bool same_identity(const ServiceSpec& left, const ServiceSpec& right)
{
    const auto same_type = [&](ServiceType type) {
        return left.types.has(type) == right.types.has(type);
    };
    if (left.id != right.id || left.wait != right.wait ||
        left.settings->protocol != right.settings->protocol)
        return false;
    if (!same_type(ServiceType::unlisted) || !same_type(ServiceType::internal) ||
        !same_type(ServiceType::rpc))
        return false;
    if (left.flags.has(ServiceFlag::intercept) != right.flags.has(ServiceFlag::intercept))
        return false;
    if (left.types.has(ServiceType::rpc))
        return left.settings->rpc && right.settings->rpc &&
               left.settings->rpc->program == right.settings->rpc->program;
    return left.socket_type == right.socket_type && left.port == right.port;
}

namespace {

/// Services by id, each handed out once, first come first served.
class ById {
public:
    explicit ById(std::span<const SpecPointer> specs) : taken_(specs.size(), false)
    {
        for (std::size_t index = 0; index < specs.size(); ++index)
            index_.emplace(specs[index]->id, index);
        specs_ = specs;
    }

    /// The first in order that satisfies `matches` and has not been taken.
    template <typename Predicate>
    const SpecPointer* take(const std::string& id, Predicate matches)
    {
        auto [from, to] = index_.equal_range(id);
        std::size_t best = specs_.size();
        for (; from != to; ++from)
            if (from->second < best && !taken_[from->second] && matches(*specs_[from->second]))
                best = from->second;
        if (best == specs_.size())
            return nullptr;
        taken_[best] = true;
        return &specs_[best];
    }
    [[nodiscard]] bool is_taken(std::size_t index) const { return taken_[index]; }
    [[nodiscard]] bool has(const std::string& id) const { return index_.contains(id); }

private:
    std::unordered_multimap<std::string_view, std::size_t> index_;
    std::vector<bool> taken_;
    std::span<const SpecPointer> specs_;
};

/// Services whose text is broken, by id; one whose entry was lost before its id was read is known
/// by its name only, and then both are that name.
class BrokenTexts {
public:
    BrokenTexts(std::span<const config::DroppedService> dropped,
                std::span<const RunningService> running)
    {
        for (const auto& service : dropped)
            by_id_.emplace(service.id, &service);
        for (const RunningService& service : running)
            ids_.insert(service.spec->id);
    }
    [[nodiscard]] const config::DroppedService* find(const ServiceSpec& running) const
    {
        if (const auto found = by_id_.find(running.id); found != by_id_.end())
            return found->second;
        const auto found = by_id_.find(running.name);
        const bool is_meant = found != by_id_.end() && found->second->name == running.name &&
                              !ids_.contains(found->second->id);
        return is_meant ? found->second : nullptr;
    }

private:
    std::unordered_map<std::string_view, const config::DroppedService*> by_id_;
    std::unordered_set<std::string_view> ids_; ///< of the running services
};

/// True if `file` is one of `unreadable`, or lies in one that is a directory.
bool is_unreadable(std::string_view file, std::span<const std::string> unreadable)
{
    return std::any_of(unreadable.begin(), unreadable.end(), [file](const std::string& path) {
        return file.starts_with(path) &&
               (file.size() == path.size() || path.ends_with('/') || file[path.size()] == '/');
    });
}

} // namespace

ReloadPlan plan_reload(std::span<const RunningService> running, const config::LoadResult& wanted)
{
    ReloadPlan plan;
    ById candidates(wanted.services);
    const BrokenTexts broken_texts(wanted.dropped, running);
    for (std::size_t index = 0; index < running.size(); ++index) {
        const ServiceSpec& old = *running[index].spec;
        const SpecPointer* match = candidates.take(
            old.id, [&old](const ServiceSpec& spec) { return same_identity(old, spec); });
        if (match != nullptr) {
            // The very same where its file was not read again.
            const bool is_same = running[index].spec == *match || old.same_settings(**match);
            auto& list = is_same                                ? plan.unchanged
                         : old.endpoints != (*match)->endpoints ? plan.rebind
                                                                : plan.adjust;
            list.push_back({index, *match});
        } else if (const auto* broken = broken_texts.find(old)) {
            plan.stale.push_back({index, broken->why});
        } else if (is_unreadable(running[index].file, wanted.unreadable)) {
            plan.stale.push_back({index, "its file cannot be read"});
        } else {
            plan.stop.push_back({index, candidates.has(old.id) ? StopReason::changed_identity
                                                               : StopReason::removed});
        }
    }
    for (std::size_t index = 0; index < wanted.services.size(); ++index)
        if (!candidates.is_taken(index))
            plan.start.push_back(wanted.services[index]);
    return plan;
}

} // namespace usherd::core
