#pragma once

#include <string>

#include "app/config.h"

namespace taskgate::app {

// `taskgate backup|restore|check`, see docs/operating.md. Each gives the exit code; throws std::runtime_error with a
// sentence for the operator.

int backup_command(const Config& config, const std::string& file, bool replace, bool with_secrets);
int restore_command(const Config& config, const std::string& file);
// 0: every promise holds; 1: one does not (or no longer does not, once `repair` has counted anew).
int check_command(const Config& config, bool repair);

}  // namespace taskgate::app
