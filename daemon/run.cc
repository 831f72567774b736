// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/run.h"

#include <climits>
#include <cstdlib>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/daemonise.h"
#include "daemon/log.h"
#include "daemon/low_descriptors.h"
#include "daemon/pid_file.h"
#include "daemon/privileges.h"
#include "daemon/process_traits.h"
#include "daemon/reloader.h"
#include "daemon/server.h"
#include "daemon/signals.h"
#include "daemon/state_dumper.h"
#include "daemon/status_server.h"
#include "daemon/sys/memory.h"
#include "daemon/systemd.h"

namespace usherd::daemon {

namespace {

constexpr int status_ok = 0;
constexpr int status_failed = 1;

/// From the directory we were started in: later we are in `/`.
std::string absolute(const std::string& path)
{
    if (path.empty() || path.front() == '/')
        return path;
    std::unique_ptr<char, void (*)(void*)> here(::getcwd(nullptr, 0), std::free);
    return here == nullptr ? path : std::string(here.get()) + "/" + path;
}

LogSettings log_settings(const Options& options)
{
    LogSettings settings;
    settings.format = options.log_format;
    settings.debug = options.debug;
    settings.program = options.program;
    if (!options.filelog.empty()) {
        settings.target.kind = DaemonLogTarget::Kind::file;
        settings.target.path = absolute(options.filelog);
    } else if (options.syslog_facility) {
        settings.target.facility = *options.syslog_facility;
    } else if (options.foreground_for_people || options.debug) {
        settings.target.kind = DaemonLogTarget::Kind::stderr_stream;
    }
    return settings;
}

Reloader::Settings reload_settings(const Options& options)
{
    Reloader::Settings settings;
    settings.main_file = absolute(options.config_file);
    settings.options.port_offset = options.port_offset;
    settings.options.include_inetd_conf = options.inetd_compat;
    settings.options.inetd_dialect = options.inetd_dialect;
    settings.options.base_directory = options.base_directory;
    settings.trust = options.trust_files ? config::Trust::everybody : config::Trust::owners;
    return settings;
}

const char* dump_file(const Options& options)
{
    return options.as_xinetd ? "/var/run/xinetd.dump" : "/run/usherd/usherd.dump";
}

/// The process from its log on: everything that needs the loop.
class Daemon {
public:
    Daemon(const Options& options, core::DaemonTraits traits, StartReport report, Log& log,
           sys::EventLoop& loop, PassedSockets passed, LowDescriptors low);
    int run();

private:
    [[nodiscard]] SignalActions actions();
    [[nodiscard]] bool begin();
    [[nodiscard]] bool may_start(const config::LoadResult& loaded);
    void on_started(std::size_t available);
    void on_loaded(const config::LoadResult& loaded);
    void on_reloaded();
    void request_reload();
    void reload_by_request(const control::PostReload& request, StatusServer::ReloadDone done);
    void stop();
    void quit(int status);
    void fail(std::string_view message);
    enum class Verbosity { all, failures };
    void check_consistency(Verbosity verbosity);
    void on_consistency_due() noexcept;
    void feed_watchdog() noexcept;
    [[nodiscard]] std::string summary() const;

    const Options& options_;
    Log& log_;
    sys::EventLoop& loop_;
    StartReport report_;
    std::optional<PidFile> pid_file_;
    BlockingWorker worker_;
    Reloader reloader_;
    Server server_;
    StateDumper dumper_;
    StatusServer status_server_;
    Signals signals_;
    sys::Timer watchdog_;
    sys::Timer consistency_; ///< -cc
    bool stopping_ = false;
    int status_ = status_ok;
};

Daemon::Daemon(const Options& options, core::DaemonTraits traits, StartReport report, Log& log,
               sys::EventLoop& loop, PassedSockets passed, LowDescriptors low)
    : options_(options), log_(log), loop_(loop), report_(std::move(report)),
      worker_(loop,
              [&log](const std::string& why) {
                  log.error("there is no thread to be had: {}; reloads and state dumps wait", why);
              }),
      reloader_(worker_, reload_settings(options),
                [this](const config::LoadResult& loaded) { on_loaded(loaded); }),
      server_(loop, log, options, std::move(traits), std::move(passed), std::move(low)),
      dumper_(worker_, log, dump_file(options), [this] { return server_.dump_facts(); }),
      status_server_(loop, log, server_,
                     [this](const control::PostReload& request, StatusServer::ReloadDone done) {
                         reload_by_request(request, std::move(done));
                     }),
      signals_(loop, actions()), watchdog_(loop, sys::bind<&Daemon::feed_watchdog>(*this)),
      consistency_(loop, sys::bind<&Daemon::on_consistency_due>(*this))
{
}

SignalActions Daemon::actions()
{
    SignalActions actions;
    actions.reload = [this] { request_reload(); };
    actions.dump = [this] { dumper_.request(); };
    actions.stop = [this] { stop(); };
    actions.quit = [this] {
        log_.warning("Exiting...");
        stopping_ = true;
        server_.leave([this] { quit(status_ok); });
    };
    actions.check = [this] { check_consistency(Verbosity::all); };
    if (options_.foreground_for_people)
        actions.interrupt = [this] { stop(); };
    else if (options_.debug)
        actions.interrupt = [this] { quit(status_failed); };
    return actions;
}

std::string Daemon::summary() const
{
    const std::size_t count = server_.available_services();
    return fmt::format("{} available service{}", count, count == 1 ? "" : "s");
}

void Daemon::fail(std::string_view message)
{
    log_.critical("{}", message);
    report_.failed(status_failed, message);
    quit(status_failed);
}

bool Daemon::may_start(const config::LoadResult& loaded)
{
    if (!loaded.main_file_unreadable && !loaded.defaults_fatal)
        return true;
    if (loaded.main_file_unreadable) {
        fail("couldn't get configuration. Exiting...");
    } else { // the last diagnostic says so
        report_.failed(status_failed, loaded.refused_because);
        quit(status_failed);
    }
    return false;
}

int Daemon::run()
{
    sys::use_one_heap();
    for (const std::string& remark : options_.remarks)
        log_.warning("{}", remark);
    if (!options_.pid_file.empty()) {
        if (auto created = PidFile::create(options_.pid_file, ::getpid()))
            pid_file_.emplace(std::move(*created));
        else
            log_.debug("pid file {}: {}", options_.pid_file, sys::to_string(created.error()));
    }
    if (!begin())
        return status_;
    sys::return_free_memory();
    if (!loop_.run())
        status_ = status_failed;
    return status_;
}

/// What was loaded is gone when it returns: nothing that a reload replaces is to stay.
bool Daemon::begin()
{
    const auto loaded = reloader_.load_now();
    if (::chdir("/") < 0)
        log_.warning("{}", sys::to_string(sys::last_error("chdir")));
    server_.report_diagnostics(loaded);
    if (!may_start(loaded))
        return false;
    make_room_for_descriptors(descriptors_for(loaded));
    worker_.start(); // now, so that a machine that is out of processes can still be given new rules
    if (options_.debug) {
        log_.flush();
        fmt::print(stderr, "{}", server_.configuration_text(loaded));
    }
    status_server_.open(options_.status_socket.value_or(default_status_socket(::geteuid() == 0)),
                        loaded.status_group);
    if (!options_.http.empty())
        status_server_.open_http(options_.http, options_.http_allow_remote);
    server_.on_reloaded([this] { on_reloaded(); });
    server_.start(loaded, [this](std::size_t available) { on_started(available); });
    return true;
}

void Daemon::on_started(std::size_t available)
{
    if (available == 0 && !options_.stay_alive)
        return fail("no services. Exiting...");
    log_.notice("{} started with {} options compiled in.", version_text(), features_text());
    log_.notice("Started working: {}", summary());
    report_.succeeded();
    notify_ready(summary());
    if (watchdog_interval())
        feed_watchdog();
    if (options_.consistency_interval.count() > 0)
        consistency_.start(options_.consistency_interval);
}

/// -cc reports failures only (and successes in debug mode), ABRT both, as with xinetd.
void Daemon::check_consistency(Verbosity verbosity)
{
    const std::size_t errors = server_.check_consistency();
    if (errors > 0)
        log_.warning("Consistency check detected {} errors", errors);
    else if (verbosity == Verbosity::all || options_.debug)
        log_.info("Consistency check passed");
}

void Daemon::on_consistency_due() noexcept
{
    check_consistency(Verbosity::failures);
    consistency_.start(options_.consistency_interval);
}

void Daemon::feed_watchdog() noexcept
{
    notify_watchdog();
    watchdog_.start(*watchdog_interval());
}

void Daemon::request_reload()
{
    if (stopping_)
        return;
    log_.notice("Starting reconfiguration");
    notify_reloading();
    reloader_.request();
}

void Daemon::on_loaded(const config::LoadResult& loaded)
{
    if (stopping_)
        return;
    server_.reload(loaded);
    if (!loaded.refused_because.empty())
        return notify_ready(summary()); // the reload is over; nothing has changed
    status_server_.set_group(loaded.status_group);
}

/// Applies nothing of a dry run, nor with `strict` of a configuration with a mistake.
void Daemon::reload_by_request(const control::PostReload& request, StatusServer::ReloadDone done)
{
    if (!request.dry_run && !stopping_) {
        log_.notice("Starting reconfiguration");
        notify_reloading();
    }
    reloader_.read([this, request, done = std::move(done)](const config::LoadResult& loaded) {
        auto answer = server_.describe_reload(loaded);
        answer.dry_run = request.dry_run;
        if (!answer.error && request.strict && answer.errors > 0) {
            answer.error = "reload_refused";
            answer.message = "the configuration has errors, and strict was asked for";
            log_.warning("reconfiguration failed: {}", *answer.message);
        } else if (!answer.error && stopping_) {
            answer.error = "conflict";
            answer.message = "the daemon is about to end";
        }
        answer.applied = !answer.error && !request.dry_run;
        if (answer.applied)
            on_loaded(loaded);
        else if (!request.dry_run)
            notify_ready(summary());
        done(std::move(answer));
    });
}

void Daemon::on_reloaded()
{
    notify_ready(summary());
    if (server_.available_services() > 0 || options_.stay_alive)
        return;
    log_.critical("No available services. Exiting");
    quit(status_failed);
}

void Daemon::stop()
{
    log_.warning("Exiting...");
    if (stopping_)
        return quit(status_ok); // asked twice: no longer in order
    stopping_ = true;
    notify_stopping();
    // As process 1 we take everybody with us: in order, then.
    const bool is_init = ::getpid() == 1;
    server_.stop(is_init ? OnStop::end : options_.on_stop, [this] { quit(status_ok); });
}

/// A dump that was asked for before is still written.
void Daemon::quit(int status)
{
    status_ = status;
    dumper_.when_written([this] { loop_.stop(); });
}

/// libevent's hook takes no context, hence the one pointer of the whole process.
Log* library_log = nullptr;

void write_library_message(int severity, const char* text)
{
    constexpr int warning = 2;
    if (library_log != nullptr)
        library_log->write(severity < warning ? Level::debug : Level::warning,
                           fmt::format("libevent: {}", text));
}

int fail_early(const Options& options, StartReport& report, std::string_view message)
{
    const std::string text = fmt::format("{}: {}", options.program, message);
    fmt::print(stderr, "{}\n", text);
    report.failed(status_failed, text);
    return status_failed;
}

} // namespace

int run(Options options)
{
    options.pid_file = absolute(options.pid_file);
    options.config_file = absolute(options.config_file);
    options.base_directory = absolute(".");
    if (options.status_socket)
        options.status_socket = absolute(*options.status_socket);
    StartReport report;
    constexpr int first_free = 3;
    if (auto prepared = prepare_descriptors(first_free + passed_descriptor_count()); !prepared)
        return fail_early(options, report, sys::to_string(prepared.error()));
    std::vector<std::string> rejected;
    auto passed = take_passed_sockets(rejected);
    options.remarks.insert(options.remarks.end(), rejected.begin(), rejected.end());
    LowDescriptors low(launcher_descriptors(worker_count(options)));
    auto traits = prepare_process();
    if (const auto given_up = give_up_privileges(options); !given_up)
        return fail_early(options, report, sys::to_string(given_up.error()));
    const auto settings = log_settings(options);
    if (!options.foreground) {
        auto detached = daemonise();
        if (!detached)
            return fail_early(options, report, sys::to_string(detached.error()));
        report = std::move(*detached);
    }
    block_harmless_signals();
    sys::EventLoop loop;
    std::string error;
    auto log = make_log(loop, settings, error);
    if (log == nullptr)
        return fail_early(options, report, fmt::format("can't open log file: {}", error));
    library_log = log.get();
    sys::redirect_library_messages(write_library_message);
    const int status = Daemon(options, std::move(traits), std::move(report), *log, loop,
                              PassedSockets(std::move(passed)), std::move(low))
                           .run();
    library_log = nullptr;
    log->flush();
    return status;
}

} // namespace usherd::daemon
