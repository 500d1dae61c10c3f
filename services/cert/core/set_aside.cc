#include "cert/core/set_aside.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/strings.h"

namespace cert {
namespace {

constexpr std::array kPauses{absl::Hours(1), absl::Hours(6), absl::Hours(24)};

absl::Duration PauseAfter(int times) {
  const auto index = static_cast<std::size_t>(std::max(times, 1) - 1);
  return kPauses[std::min(index, kPauses.size() - 1)];
}

template <typename Names>
bool Has(const Names& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

bool IsSetAside(const std::string& name, const std::vector<SetAsideName>& set_aside,
                absl::Time now) {
  const auto found = std::ranges::find(set_aside, name, &SetAsideName::name);
  return found != set_aside.end() && found->retry_time > now;
}

std::string NameAndTime(const SetAsideName& name) {
  return absl::StrFormat("%s (tried again at %s)", name.name, base::UtcText(name.retry_time));
}

}  // namespace

bool CanDoWithout(const std::vector<RefusedName>& refused, const std::vector<std::string>& names,
                  const std::vector<SetAsideName>& set_aside, const NamesInUse& used,
                  absl::Time now) {
  const auto is_refused = [&](const std::string& name) {
    return std::ranges::find(refused, name, &RefusedName::name) != refused.end();
  };
  const bool leaves_some = std::ranges::any_of(names, [&](const std::string& name) {
    return !is_refused(name) && !IsSetAside(name, set_aside, now);
  });
  const bool takes_none = std::ranges::none_of(refused, [&](const RefusedName& name) {
    return now < used.safe_until && Has(used.names, name.name);
  });
  return !refused.empty() && leaves_some && takes_none;
}

void SetAside(const std::vector<RefusedName>& refused, absl::Time now,
              std::vector<SetAsideName>& set_aside) {
  for (const RefusedName& name : refused) {
    const auto known = std::ranges::find(set_aside, name.name, &SetAsideName::name);
    const int times = known == set_aside.end() ? 1 : known->times + 1;
    SetAsideName entry{
        .name = name.name, .times = times, .retry_time = now + PauseAfter(times), .why = name.why};
    if (known == set_aside.end()) {
      set_aside.push_back(std::move(entry));
    } else {
      *known = std::move(entry);
    }
  }
}

void TryAgain(absl::Time now, std::vector<SetAsideName>& set_aside) {
  for (SetAsideName& name : set_aside) name.retry_time = std::min(name.retry_time, now);
}

void TakeBack(const std::vector<std::string>& names, std::vector<SetAsideName>& set_aside) {
  std::erase_if(set_aside, [&](const SetAsideName& name) { return Has(names, name.name); });
}

std::vector<std::string> NotSetAside(const std::vector<std::string>& names,
                                     const std::vector<SetAsideName>& set_aside, absl::Time now) {
  std::vector<std::string> left;
  std::ranges::copy_if(names, std::back_inserter(left),
                       [&](const std::string& name) { return !IsSetAside(name, set_aside, now); });
  return left;
}

absl::Time NextTry(const std::vector<SetAsideName>& set_aside, absl::Time now) {
  absl::Time next = absl::InfiniteFuture();
  for (const SetAsideName& name : set_aside) {
    if (name.retry_time > now) next = std::min(next, name.retry_time);
  }
  return next;
}

std::optional<Finding> WithSetAside(std::optional<Finding> cause,
                                    const std::vector<SetAsideName>& set_aside, absl::Time now) {
  std::vector<std::string> names;
  std::vector<std::string> reasons;
  std::optional<Finding> finding;
  for (const SetAsideName& name : set_aside) {
    if (name.retry_time <= now) continue;
    names.push_back(NameAndTime(name));
    reasons.push_back(absl::StrFormat("%s: %s", name.name, name.why.sentence));
    if (!finding) finding = name.why;  // whose record may be pasted
  }
  if (!finding) return cause;
  finding->code = FindingCode::kNamesSetAside;
  finding->sentence =
      absl::StrFormat("The certificate is issued without %s; a recheck tries at once. %s",
                      absl::StrJoin(names, ", "), absl::StrJoin(reasons, " "));
  if (cause) finding->sentence += absl::StrFormat(" Besides: %s", cause->sentence);
  return finding;
}

}  // namespace cert
