#pragma once

#include <sys/socket.h>

#include <cstddef>

namespace taskgate::handlers {

// Whether an address that a name was resolved to belongs to the public internet: only such may be called unless the
// configuration allows more. Not public: loopback, private, link-local (with the metadata services of clouds),
// unique-local, shared, multicast, broadcast, reserved and documentation ranges (IANA special-purpose registries), IPv6
// forms that carry an IPv4 address, Azure's 168.63.129.16, and every family but IPv4 and IPv6.
[[nodiscard]] bool is_public_address(const sockaddr* address, std::size_t length);

}  // namespace taskgate::handlers
