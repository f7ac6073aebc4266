// SPDX-License-Identifier: Apache-2.0
// The names of the C++ binding, without their definitions. See auraio.hpp.
#ifndef AURAIO_FWD_HPP
#define AURAIO_FWD_HPP

namespace auraio
{
inline namespace v0_1
{

class Error;

enum class RingSelect : int;
enum class Backend : int;
enum class Overflow : int;
enum class Control : int;
enum class OpType : int;
enum class Phase : int;
enum class LogLevel : int;

class Options;
class Timeout;

class FileRef;
class BufferRef;
class ConstBufferRef;
class Buffer;
struct ReleasedBuffer;

class Op;
class Request;
class Batch;
class Engine;

class Stats;
class RingStats;
class TargetStats;
class Histogram;
class BufferStats;
class Features;

template <typename T> class Task;
template <typename T> class Awaitable;

} // namespace v0_1
} // namespace auraio

#endif
