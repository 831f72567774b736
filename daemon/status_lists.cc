// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/status_lists.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "daemon/control/json.h"
#include "daemon/status_facts.h"

namespace usherd::daemon {

namespace {

/// Items a turn; about two milliseconds.
constexpr std::size_t slice = 200;

/// A JSON object whose one member is a list; `Source` has size() and append(index, out), which may
/// append nothing.
template <typename Source>
class ListBody final : public HttpBody {
public:
    ListBody(std::string_view name, Source source) : name_(name), source_(std::move(source)) {}

    Next produce(std::string& out) noexcept override
    {
        if (next_ == 0)
            out.append("{\"").append(name_).append("\":[");
        const std::size_t end = std::min(next_ + slice, source_.size());
        for (; next_ < end; ++next_) {
            const std::string item = source_.item(next_);
            if (item.empty())
                continue;
            out.append(std::exchange(first_, false) ? "" : ",").append(item);
        }
        if (next_ < source_.size())
            return Next::more;
        out += "]}\n";
        return Next::end;
    }

private:
    std::string_view name_; ///< a literal
    Source source_;
    std::size_t next_ = 0;
    bool first_ = true;
};

class Services {
public:
    explicit Services(const Server& server) : server_(&server)
    {
        keys_.reserve(server.services().size());
        for (const auto& service : server.services())
            keys_.push_back(service->key());
    }
    [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }
    /// Empty if a reload has removed it meanwhile.
    [[nodiscard]] std::string item(std::size_t index) const
    {
        const Service* service = server_->service(keys_[index]);
        return service == nullptr ? std::string() : control::to_json(service_summary(*service));
    }

private:
    const Server* server_;
    std::vector<ServiceKey> keys_;
};

class Connections {
public:
    explicit Connections(control::ConnectionList list) : list_(std::move(list)) {}
    [[nodiscard]] std::size_t size() const noexcept { return list_.connections.size(); }
    [[nodiscard]] std::string item(std::size_t index) const
    {
        return control::to_json(list_.connections[index]);
    }

private:
    control::ConnectionList list_;
};

} // namespace

std::unique_ptr<HttpBody> service_list(const Server& server)
{
    return std::make_unique<ListBody<Services>>("services", Services(server));
}

std::unique_ptr<HttpBody> connection_list(control::ConnectionList list)
{
    return std::make_unique<ListBody<Connections>>("connections", Connections(std::move(list)));
}

} // namespace usherd::daemon
