#include "sio/socketio_connection.h"

#include <algorithm>

#include "sio/socketio2_packet.h"

namespace taskgate::sio {

SocketIoConnection::SocketIoConnection(SocketIoConnectionOptions options, SocketIoConnectionPort& port, Moment now)
    : port_(port),
      decoder_(options.packets),
      namespaces_max_(options.namespaces_max),
      revision_(options.revision),
      connect_until_(now + options.connect_timeout) {}

SocketIoConnection::Membership* SocketIoConnection::find(std::string_view nsp) {
  const auto found =
      std::find_if(memberships_.begin(), memberships_.end(), [nsp](const Membership& m) { return m.nsp == nsp; });
  return found == memberships_.end() ? nullptr : &*found;
}

void SocketIoConnection::open() {
  if (revision_ == 3) handle_connect("/", {});
}

void SocketIoConnection::receive(std::string_view message, bool binary) {
  if (closed_) return;
  switch (binary ? decoder_.add_binary(message) : decoder_.add_text(message)) {
    case Decoder::Outcome::incomplete:
      break;
    case Decoder::Outcome::packet:
      handle(decoder_.take());
      break;
    case Decoder::Outcome::malformed:
      if (decoder_.over_limit()) port_.on_too_large();
      fail("parse error");
      break;
  }
}

void SocketIoConnection::handle(Packet packet) {
  if (revision_ == 3 && packet.type == PacketType::connect) {
    const NamespaceAddress address = parse_namespace_address(packet.nsp);
    handle_connect(address.nsp, address.auth);
    return;
  }
  const Membership* membership = find(packet.nsp);
  if (packet.type == PacketType::connect) {
    handle_connect(packet.nsp, packet.payload);
  } else if (packet.type == PacketType::connect_error || membership == nullptr ||
             membership->state == State::deciding) {
    fail("forced server close");
  } else if (membership->state == State::joined) {
    handle_joined(std::move(packet));
  }
}

void SocketIoConnection::handle_connect(std::string_view nsp, std::string_view auth) {
  Membership* membership = find(nsp);
  if (membership != nullptr && membership->state != State::left) {
    // A Socket.IO 2 client may ask for "/", where it is already.
    if (revision_ != 3 || nsp != "/") fail("forced server close");
    return;
  }
  if (membership == nullptr) {
    if (memberships_.size() >= namespaces_max_) {
      port_.send(encode_connect_error(nsp, "Too many namespaces", {}));
      return;
    }
    memberships_.push_back({std::string(nsp), State::deciding});
  } else {
    membership->state = State::deciding;
  }
  port_.on_enter(nsp, auth.empty() ? std::string_view("{}") : auth);
}

void SocketIoConnection::handle_joined(Packet packet) {
  const std::string nsp = packet.nsp;
  switch (packet.type) {
    case PacketType::event:
      port_.on_event(nsp, std::move(packet));
      break;
    case PacketType::ack:
      port_.on_ack(nsp, *packet.id, packet.arguments);
      break;
    case PacketType::disconnect:
      std::erase_if(memberships_, [&nsp](const Membership& m) { return m.nsp == nsp; });
      port_.on_leave(nsp, "client namespace disconnect");
      break;
    case PacketType::connect:
    case PacketType::connect_error:
      break;  // decided before
  }
}

bool SocketIoConnection::accept(std::string_view nsp, std::string_view socket_id) {
  Membership* membership = find(nsp);
  if (closed_ || membership == nullptr || membership->state != State::deciding) return false;
  membership->state = State::joined;
  connect_until_ = Moment::max();
  port_.send(revision_ == 3 ? encode_connect2(nsp) : encode_connect(nsp, socket_id));
  return true;
}

void SocketIoConnection::refuse(std::string_view nsp, std::string_view message, std::string_view data) {
  const Membership* membership = find(nsp);
  if (closed_ || membership == nullptr || membership->state != State::deciding) return;
  port_.send(revision_ == 3 ? encode_connect_error2(nsp, message, data) : encode_connect_error(nsp, message, data));
  std::erase_if(memberships_, [nsp](const Membership& m) { return m.nsp == nsp; });
}

void SocketIoConnection::leave(std::string_view nsp, std::string_view reason) {
  Membership* membership = find(nsp);
  if (closed_ || membership == nullptr || membership->state != State::joined) return;
  membership->state = State::left;
  port_.send(encode_disconnect(nsp));
  port_.on_leave(nsp, reason);
}

void SocketIoConnection::closed(std::string_view reason) {
  if (closed_) return;
  closed_ = true;
  std::vector<Membership> memberships = std::move(memberships_);
  memberships_.clear();
  for (const Membership& membership : memberships) {
    if (membership.state == State::joined) port_.on_leave(membership.nsp, reason);
  }
}

void SocketIoConnection::fail(std::string_view reason) {
  closed(reason);
  port_.close(reason);
}

void SocketIoConnection::tick(Moment now) {
  if (!closed_ && now >= connect_until_) fail("forced server close");
}

}  // namespace taskgate::sio
