// A freshly initialised PostgreSQL data folder, made once per build folder and PostgreSQL version and then
// copied.
#pragma once

#include <filesystem>

namespace forebay::rig {

// Debian's newest PostgreSQL, or $FOREBAY_PG_BIN.
std::filesystem::path defaultPostgresBinDir();

// The system user that PostgreSQL has to run as; empty when the test is not root and can run it itself.
std::string postgresSystemUser();

// Copies the template to `data_dir`, which must not exist, owned by who will run the server.
void copyPostgresTemplate(const std::filesystem::path& bin_dir, const std::filesystem::path& data_dir);

// Makes `data_dir` anew, with a system identifier that no other has.
void initPostgres(const std::filesystem::path& bin_dir, const std::filesystem::path& data_dir);

// Gives a file or folder to postgresSystemUser(), with what is in it.
void giveToPostgres(const std::filesystem::path& path);

}  // namespace forebay::rig
