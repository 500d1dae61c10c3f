// What servers say of a hop, whatever way they say it.

#pragma once

#include <optional>

#include "probe/core/dns_message.h"
#include "scenarios/scenario.h"

namespace scenarios {

// What a server says of one hop in the course of an interval.
struct Words {
  bool yes = false;
  bool no = false;
  bool nothing = false;
  bool elsewhere = false;  // one 'no' is a CNAME
  bool empty = false;      // no CAA record, so that the climb goes on

  bool OnlyYes() const { return yes && !no && !nothing && !empty; }
  bool OnlyNo() const { return no && !yes && !nothing && !empty; }
  bool OnlyEmpty() const { return empty && !no && !yes && !nothing; }

  void Add(const Words& other) {
    yes |= other.yes;
    no |= other.no;
    nothing |= other.nothing;
    elsewhere |= other.elsewhere;
    empty |= other.empty;
  }
};

bool HasAddress(const probe::Message& message);

// For a resolver's answer, wherever its CNAMEs lead.
bool HoldsExpected(const probe::Message& message, const cert::Question& question);

// Adds what this answer to the hop's question says; unset: nothing.
void Hear(const std::optional<probe::Message>& message, const Subject& subject, const Hop& hop,
          Words& words);
void Hear(WebManner manner, Words& words);
// Adds what a server says of a host that it is asked both types of addresses of.
void HearOfHost(const std::optional<probe::Message>& v6, const std::optional<probe::Message>& v4,
                Words& words);

// Whether it can be read, and has this address.
bool HoldsAddress(const std::optional<probe::Message>& message, const probe::IpAddress& address);

}  // namespace scenarios
