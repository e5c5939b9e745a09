#include "net/socketio_core.h"

#include <boost/asio/post.hpp>
#include <stdexcept>

#include "net/socketio_member.h"

namespace taskgate::net {

std::optional<std::size_t> SocketCore::find(std::string_view nsp) const {
  for (std::size_t index = 0; index < plans_.size(); ++index) {
    if (plans_[index]->name == nsp) return index;
  }
  return std::nullopt;
}

std::size_t SocketCore::find_or_add(std::string_view nsp) {
  if (const auto found = find(nsp)) return *found;
  if (nsp.empty() || nsp.front() != '/' || nsp.find(',') != std::string_view::npos) {
    throw std::invalid_argument("a namespace's name begins with a slash and has no comma");
  }
  auto plan = std::make_unique<NamespacePlan>();
  plan->name = nsp;
  for (std::size_t loop = 0; loop < loops_.size(); ++loop)
    plan->shards.push_back(std::make_unique<NamespacePlan::Shard>());
  plans_.push_back(std::move(plan));
  return plans_.size() - 1;
}

std::size_t SocketCore::sockets_in(std::size_t nsp) const {
  std::size_t sum = 0;
  for (const auto& shard : plans_[nsp]->shards) sum += shard->sockets.load();
  return sum;
}

void SocketCore::visit(const Broadcast& broadcast, const std::function<void(Socket&)>& visit) {
  for (const auto& loop : loops_) {
    if (plan(broadcast.nsp_).shards[loop->index()]->sockets.load() == 0) continue;
    if (runs_here(loop->executor())) {
      visit_shard(broadcast, loop->index(), visit);
    } else {
      boost::asio::post(loop->executor(), [self = shared_from_this(), broadcast, index = loop->index(), visit] {
        self->visit_shard(broadcast, index, visit);
      });
    }
  }
}

void SocketCore::visit_shard(const Broadcast& broadcast, std::size_t loop, const std::function<void(Socket&)>& visit) {
  const auto selected = plan(broadcast.nsp_).shards[loop]->rooms.select(broadcast.rooms_, broadcast.except_);
  // Kept alive: what is done to one socket may end another.
  std::vector<SocketPtr> sockets;
  sockets.reserve(selected.size());
  for (RoomMember* member : selected) sockets.push_back(static_cast<NamespaceSocket*>(member)->shared_from_this());
  for (const SocketPtr& socket : sockets) visit(*socket);
}

}  // namespace taskgate::net
