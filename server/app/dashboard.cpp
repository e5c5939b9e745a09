#include "app/dashboard.h"

#include <algorithm>

#include "net/static_assets.h"

namespace taskgate::app {

namespace {

const net::StaticAssets& dashboard() {
  static const net::StaticAssets files(net::dashboard_assets());
  return files;
}

// A file of the contract; empty where the program was built without it.
std::shared_ptr<const std::string> contract_file(std::string_view path) {
  const auto files = net::contract_assets();
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const net::Asset& file) { return file.path == path; });
  return std::make_shared<const std::string>(found == files.end() ? std::string_view{} : found->identity);
}

}  // namespace

std::optional<net::Response> serve_dashboard(const net::Request& request) {
  if (auto file = dashboard().serve(request)) return file;
  // A missing file stays missing; only addresses of pages are answered by the start page.
  const bool is_file = request.path.starts_with("/assets/");
  return net::is_page_navigation(request) && !is_file ? dashboard().serve_index(request) : std::nullopt;
}

api::Documents contract_documents() { return {contract_file("/openapi.json"), contract_file("/docs.html")}; }

}  // namespace taskgate::app
