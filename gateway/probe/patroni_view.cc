#include "gateway/probe/patroni_view.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace forebay::probe {
namespace {

using Json = nlohmann::json;

std::string textIn(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

template <typename T>
T numberIn(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return 0;
  const auto number = found->get<uint64_t>();
  return number <= std::numeric_limits<T>::max() ? static_cast<T>(number) : T{0};
}

}  // namespace

const PatroniMember* PatroniView::leader() const {
  const auto found = std::ranges::find(members, "leader", &PatroniMember::role);
  return found == members.end() ? nullptr : &*found;
}

Result<PatroniView> readPatroniView(Bytes json) {
  const Json whole = Json::parse(json, nullptr, false);
  const Error strange{"this is not what Patroni answers to GET /cluster"};
  if (!whole.is_object()) return strange;
  const auto members = whole.find("members");
  if (members == whole.end() || !members->is_array()) return strange;
  PatroniView view;
  for (const Json& each : *members) {
    if (!each.is_object() || textIn(each, "name").empty()) return strange;
    view.members.push_back({.name = textIn(each, "name"),
                            .role = textIn(each, "role"),
                            .state = textIn(each, "state"),
                            .at = {textIn(each, "host"), numberIn<uint16_t>(each, "port")},
                            .api_url = textIn(each, "api_url"),
                            .timeline = numberIn<uint32_t>(each, "timeline")});
  }
  return view;
}

}  // namespace forebay::probe
