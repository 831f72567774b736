// SPDX-License-Identifier: BSD-2-Clause
//
// A Log that remembers: daemon messages with their level, service records with the log they went
// to.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/log.h"

namespace usherd::tests {

class RecordingLog final : public daemon::Log {
public:
    struct Message {
        daemon::Level level{};
        std::string text;
    };

    void write(daemon::Level level, std::string_view text) noexcept override
    {
        messages.push_back({level, std::string(text)});
    }

    std::shared_ptr<daemon::ServiceLog> open(const config::LogTarget& target, const std::string& id,
                                             std::string& error) override
    {
        if (std::holds_alternative<std::monostate>(target))
            return nullptr;
        if (!open_error.empty()) {
            error = open_error;
            return nullptr;
        }
        return std::make_shared<Records>(*this, id);
    }

    void flush() noexcept override { ++flushes; }

    /// True if some message's text contains `part`.
    [[nodiscard]] bool has(std::string_view part) const
    {
        for (const Message& message : messages)
            if (message.text.find(part) != std::string::npos)
                return true;
        return false;
    }

    std::vector<Message> messages;
    std::vector<std::string> records; ///< in order, all services
    std::string open_error;           ///< not empty: open() fails with it
    int flushes = 0;

private:
    class Records final : public daemon::ServiceLog {
    public:
        Records(RecordingLog& log, std::string id) : log_(log), id_(std::move(id)) {}
        void write(std::string_view record) noexcept override { log_.records.emplace_back(record); }

    private:
        RecordingLog& log_;
        std::string id_;
    };
};

} // namespace usherd::tests
