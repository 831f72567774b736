// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/convert_command.h"

#include <memory>

#include <CLI/CLI.hpp>

namespace usherd::ctl {

namespace {

struct ConvertOptions {
    std::string from; ///< empty: by the name of the file
    std::string to;
    std::string file;
};

void convert(const ConvertOptions& options, Session& session)
{
    session.complain(options.file + ": convert is not carried out yet");
    session.status = ExitStatus::no;
}

} // namespace

void add_convert_command(CLI::App& app, Session& session)
{
    auto options = std::make_shared<ConvertOptions>();
    CLI::App* const command =
        app.add_subcommand("convert", "rewrite a configuration file in another syntax");
    command->add_option("--to", options->to, "the syntax wanted: xinetd, yaml")
        ->required()
        ->check(CLI::IsMember({"xinetd", "yaml"}))
        ->option_text("SYNTAX");
    command
        ->add_option("--from", options->from,
                     "the syntax of FILE: inetd, xinetd, yaml (default: by its name)")
        ->check(CLI::IsMember({"inetd", "xinetd", "yaml"}))
        ->option_text("SYNTAX");
    command->add_option("file", options->file, "what to convert; - is the standard input")
        ->required()
        ->option_text("FILE");
    command->callback([options, &session] { convert(*options, session); });
}

} // namespace usherd::ctl
