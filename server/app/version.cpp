#include "app/version.h"

namespace taskgate::app {

std::string_view version() { return TASKGATE_VERSION; }

}  // namespace taskgate::app
