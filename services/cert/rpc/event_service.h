// padlock.cert.v1.EventService: a server stream per watcher, fed by the hub.

#pragma once

#include <memory>

#include "cert/rpc/call_runner.h"
#include "cert/rpc/watch_hub.h"
#include "cert/store/store.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace cert {

// All must outlive the service. Its methods are thread-safe.
std::shared_ptr<grpc::Service> MakeEventService(EventLog& log, WatchHub& hub, CallRunner& runner);

}  // namespace cert
