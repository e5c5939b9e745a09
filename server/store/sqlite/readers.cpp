#include "store/sqlite/readers.h"

namespace taskgate::sqlite {
namespace {

constexpr std::size_t waiting_max = 4'096;

}  // namespace

Readers::Readers(const std::filesystem::path& file, std::size_t count, const Database::Options& options)
    : pool_("store-read", count, waiting_max) {
  for (std::size_t i = 0; i < count; ++i) {
    auto database = std::make_unique<Database>(file, options);
    database->execute("PRAGMA query_only = ON; PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY");
    free_.push_back(std::move(database));
  }
}

Readers::~Readers() { stop(); }

void Readers::stop() {
  pool_.stop();
  free_.clear();
}

Readers::Lease::Lease(Readers& readers) : readers_(readers) {
  const std::lock_guard lock(readers_.mutex_);
  database_ = std::move(readers_.free_.back());
  readers_.free_.pop_back();
}

Readers::Lease::~Lease() {
  const std::lock_guard lock(readers_.mutex_);
  readers_.free_.push_back(std::move(database_));
}

}  // namespace taskgate::sqlite
