// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/metrics.h"

#include <algorithm>
#include <array>
#include <string>
#include <sys/wait.h>
#include <unordered_set>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "daemon/activity.h"
#include "daemon/status_facts.h"

namespace usherd::daemon {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr std::size_t services_a_turn = 200;

ClientMetric number(Labels labels, double value)
{
    ClientMetric metric;
    metric.label = std::move(labels);
    // Which of the two is written depends on the family.
    metric.counter.value = value;
    metric.gauge.value = value;
    return metric;
}

template <typename Bounds>
ClientMetric histogram(Labels labels, const core::Histogram<Bounds>& source)
{
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.histogram.sample_count = source.total();
    metric.histogram.sample_sum = source.sum();
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < source.counts().size(); ++i) {
        below += source.counts()[i];
        metric.histogram.bucket.push_back({below, source.bounds()[i]});
    }
    return metric;
}

using Metrics = std::vector<ClientMetric>;

/// One family of metrics of services.
struct ServiceFamily {
    const char* name;
    const char* help;
    MetricType type;
    void (*add)(Metrics& metrics, const Labels& labels, const Service& service);
};

Labels with(Labels labels, const char* name, std::string value)
{
    labels.push_back({name, std::move(value)});
    return labels;
}

void add_refused(Metrics& metrics, const Labels& labels, const Service& service)
{
    for (std::size_t i = 1; i < service.counts().refused.size(); ++i)
        if (const auto count = service.counts().refused[i]; count > 0)
            metrics.push_back(number(
                with(labels, "reason", std::string(access::name(static_cast<access::Reason>(i)))),
                static_cast<double>(count)));
}

void add_exits(Metrics& metrics, const Labels& labels, const Service& service)
{
    if (service.measures() == nullptr)
        return;
    for (const auto& [status, count] : service.measures()->exits) {
        const std::string text = WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                                                     : fmt::format("{}", WEXITSTATUS(status));
        metrics.push_back(number(with(labels, "status", text), static_cast<double>(count)));
    }
}

void add_relayed(Metrics& metrics, const Labels& labels, const Service& service)
{
    const ServiceMeasures* measures = service.measures();
    if (!service.spec().settings->redirect || measures == nullptr)
        return;
    metrics.push_back(
        number(with(labels, "direction", "in"), static_cast<double>(measures->relayed_in)));
    metrics.push_back(
        number(with(labels, "direction", "out"), static_cast<double>(measures->relayed_out)));
}

constexpr std::array families{
    ServiceFamily{"usherd_service_up", "Whether the service takes clients.", MetricType::Gauge,
                  [](Metrics& m, const Labels& l, const Service& s) {
                      const bool up =
                          s.is_available() && !std::holds_alternative<core::Suspended>(s.state());
                      m.push_back(number(l, up ? 1 : 0));
                  }},
    ServiceFamily{"usherd_service_accepted_total", "Connections and datagrams admitted.",
                  MetricType::Counter,
                  [](Metrics& m, const Labels& l, const Service& s) {
                      m.push_back(number(l, static_cast<double>(s.counts().accepted)));
                  }},
    ServiceFamily{"usherd_service_refused_total", "Connections and datagrams refused, by reason.",
                  MetricType::Counter, add_refused},
    ServiceFamily{"usherd_service_started_total", "Handlers started.", MetricType::Counter,
                  [](Metrics& m, const Labels& l, const Service& s) {
                      m.push_back(number(l, static_cast<double>(s.counts().started)));
                  }},
    ServiceFamily{"usherd_service_running", "Handlers that run now.", MetricType::Gauge,
                  [](Metrics& m, const Labels& l, const Service& s) {
                      m.push_back(number(l, s.counter().running()));
                  }},
    ServiceFamily{"usherd_service_instances_limit", "The most handlers that may run.",
                  MetricType::Gauge,
                  [](Metrics& m, const Labels& l, const Service& s) {
                      if (s.spec().policy->instances != access::unlimited)
                          m.push_back(number(l, s.spec().policy->instances));
                  }},
    ServiceFamily{"usherd_handler_exits_total", "Handlers that ended, by exit status or signal.",
                  MetricType::Counter, add_exits},
    ServiceFamily{"usherd_handler_duration_seconds", "How long handlers ran.",
                  MetricType::Histogram,
                  [](Metrics& m, const Labels& l, const Service& s) {
                      if (s.measures() != nullptr)
                          m.push_back(histogram(l, s.measures()->duration));
                  }},
    ServiceFamily{"usherd_handler_start_seconds", "From accepting a client to its handler's exec.",
                  MetricType::Histogram,
                  [](Metrics& m, const Labels& l, const Service& s) {
                      if (s.measures() != nullptr)
                          m.push_back(histogram(l, s.measures()->start_latency));
                  }},
    ServiceFamily{"usherd_redirect_bytes_total", "Bytes relayed, from (in) and to (out) clients.",
                  MetricType::Counter, add_relayed},
};

MetricFamily family(const char* name, const char* help, MetricType type, Metrics metrics)
{
    return {name, help, type, std::move(metrics)};
}

double seconds(control::Time time)
{
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

/// What is not about one service.
std::vector<MetricFamily> daemon_families(const Server& server, const LoopLag& lag,
                                          control::Time started)
{
    const auto status = daemon_status(server, started);
    const auto gauge = [](const char* name, const char* help, double value) {
        return family(name, help, MetricType::Gauge, {number({}, value)});
    };
    const auto real = [](std::uint64_t count) { return static_cast<double>(count); };
    return {
        family("usherd_build_info", "The version that runs.", MetricType::Gauge,
               {number({{"version", status.version}}, 1)}),
        gauge("process_start_time_seconds", "When the daemon was started.", seconds(started)),
        gauge("process_open_fds", "Open descriptors.", real(status.open_descriptors)),
        gauge("process_max_fds", "The most there can be.", real(status.descriptor_limit)),
        gauge("usherd_running", "Handlers of all services.", real(status.running)),
        gauge("usherd_process_limit", "The most handlers of all services; 0 is no limit.",
              real(status.process_limit.value_or(0))),
        gauge("usherd_bans", "Bans in force.", real(status.bans)),
        gauge("usherd_sensed_sources", "Sources refused for having touched a sensor.",
              real(status.sensed)),
        family("usherd_events_total", "Events since the start.", MetricType::Counter,
               {number({}, real(status.next_event))}),
        family("usherd_reloads_total", "Configurations read again, by result.", MetricType::Counter,
               {number({{"result", "done"}}, real(status.reloads.done)),
                number({{"result", "failed"}}, real(status.reloads.failed))}),
        family("usherd_services", "Services by state.", MetricType::Gauge,
               {number({{"state", "active"}}, real(status.services.active)),
                number({{"state", "suspended"}}, real(status.services.suspended)),
                number({{"state", "handed_over"}}, real(status.services.handed_over)),
                number({{"state", "out_of_service"}}, real(status.services.out_of_service)),
                number({{"state", "disabled"}}, real(status.services.disabled)),
                number({{"state", "draining"}}, real(status.services.draining))}),
        gauge("usherd_services_stale", "Services whose new text is not in force.",
              real(status.services.stale)),
        family("usherd_loop_lag_seconds", "How late the event loop was.", MetricType::Histogram,
               {histogram({}, lag.lags())}),
    };
}

class MetricsText final : public HttpBody {
public:
    MetricsText(const Server& server, const LoopLag& lag, control::Time started)
        : server_(server), lag_(lag), started_(started)
    {
        std::unordered_set<std::string_view> seen;
        for (const auto& service : server.services()) {
            // No two series may have the same labels, and ids need not be unique.
            const bool is_first = seen.insert(service->spec().id).second;
            services_.push_back({service->key(), !is_first});
        }
    }

    Next produce(std::string& out) noexcept override
    {
        if (!began_) {
            began_ = true;
            out += serializer_.Serialize(daemon_families(server_, lag_, started_));
            return Next::more;
        }
        const std::size_t end = std::min(next_ + services_a_turn, services_.size());
        append_services(out, end);
        next_ = end;
        if (next_ == services_.size()) {
            next_ = 0;
            has_head_ = false;
            ++family_;
        }
        return family_ < families.size() ? Next::more : Next::end;
    }

private:
    struct Listed {
        ServiceKey key;
        bool is_again; ///< another service has the same id
    };

    void append_services(std::string& out, std::size_t end)
    {
        const ServiceFamily& wanted = families[family_];
        Metrics metrics;
        for (std::size_t i = next_; i < end; ++i) {
            const Service* service = server_.service(services_[i].key);
            if (service == nullptr)
                continue;
            std::string id = service->spec().id;
            if (services_[i].is_again)
                id += fmt::format("#{}", static_cast<std::uint64_t>(services_[i].key));
            wanted.add(metrics, {{"service", std::move(id)}}, *service);
        }
        if (metrics.empty())
            return;
        const std::string text = serializer_.Serialize(
            {family(wanted.name, wanted.help, wanted.type, std::move(metrics))});
        out.append(text, has_head_ ? after_head(text) : 0);
        has_head_ = true;
    }
    /// Behind the lines `# HELP` and `# TYPE`.
    static std::size_t after_head(const std::string& text)
    {
        std::size_t begin = 0;
        while (text.compare(begin, 1, "#") == 0)
            begin = text.find('\n', begin) + 1;
        return begin;
    }

    const Server& server_;
    const LoopLag& lag_;
    const control::Time started_;
    const prometheus::TextSerializer serializer_;
    std::vector<Listed> services_;
    bool began_ = false;
    std::size_t family_ = 0;
    std::size_t next_ = 0;
    bool has_head_ = false; ///< the head of this family has been written
};

} // namespace

std::unique_ptr<HttpBody> metrics_text(const Server& server, const LoopLag& lag,
                                       control::Time started)
{
    return std::make_unique<MetricsText>(server, lag, started);
}

} // namespace usherd::daemon
