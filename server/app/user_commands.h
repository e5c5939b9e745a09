#pragma once

#include <string>

#include "app/config.h"

namespace taskgate::app {

// `taskgate user …`: accounts, also while the server runs on the same data folder (it sees changes within seconds).
// Each prints what it did and returns the exit status.
int create_user_command(const Config& config, const std::string& email, const std::string& role, std::string password);
int list_users_command(const Config& config, const std::string& text);
int set_role_command(const Config& config, const std::string& email, const std::string& role);
int set_disabled_command(const Config& config, const std::string& email, bool disabled);

}  // namespace taskgate::app
