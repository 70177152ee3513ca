using FastKv.Structures;

namespace FastKv.Engine.Persistence.Rdb;

// Hashes, field by field.
internal unsafe ref partial struct RdbValueReader
{
    // Redis keeps times of fields in 46 bits.
    private static bool IsTime(long expiryMs) => expiryMs is >= 0 and < 1L << 46;

    private readonly bool TryAddTimed(ref HashBuilder hash, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs) =>
        (expiryMs > 0 && expiryMs <= _nowMs) || hash.TryAdd(field, value, expiryMs);

    private struct HashFields : IRdbValueParts
    {
        private HashBuilder _hash;
        private long _left;

        public static int PartsPerStep => 256;

        public readonly bool HasMore => _left > 0;

        public bool TryBegin(ref RdbValueReader reader, RdbType type)
        {
            if (!reader.TryElements(2, out _left))
                return false;
            _hash = new HashBuilder(reader._values, _left, hasTimes: false, reader._nowMs);
            return true;
        }

        public bool TryNext(ref RdbValueReader reader)
        {
            if (!reader._input.TryString(reader._heap, ref reader._first) || !reader._input.TryString(reader._heap, ref reader._second))
                return false;
            _left--;
            return _hash.TryAdd(reader._first.Span, reader._second.Span) || reader._input.Fail(RdbFault.Duplicate);
        }

        public byte* Finish(ref RdbValueReader reader) => reader.Finish(ref _hash);

        public void Free() => _hash.Free();
    }

    // Per field a time (0: none), relative to the least one plus one, or absolute.
    private struct TimedFields : IRdbValueParts
    {
        private HashBuilder _hash;
        private long _left;
        private long _leastMs;

        public static int PartsPerStep => 256;

        public readonly bool HasMore => _left > 0;

        public bool TryBegin(ref RdbValueReader reader, RdbType type)
        {
            _leastMs = 1;
            if ((type == RdbType.HashTimes && !reader._input.TryInt64(out _leastMs)) || !reader.TryElements(3, out _left))
                return false;
            _hash = new HashBuilder(reader._values, _left, hasTimes: true, reader._nowMs);
            return true;
        }

        public bool TryNext(ref RdbValueReader reader)
        {
            bool isRead = reader._input.TryLength(out ulong time) && reader._input.TryString(reader._heap, ref reader._first)
                && reader._input.TryString(reader._heap, ref reader._second);
            if (!isRead)
                return false;
            _left--;
            long expiryMs = time == 0 ? 0 : unchecked(_leastMs + (long)time - 1);
            if (!IsTime(expiryMs) || (time != 0 && expiryMs == 0))
                return reader._input.Fail(RdbFault.BadTime);
            return reader.TryAddTimed(ref _hash, reader._first.Span, reader._second.Span, expiryMs) || reader._input.Fail(RdbFault.Duplicate);
        }

        public byte* Finish(ref RdbValueReader reader) => reader.Finish(ref _hash);

        public void Free() => _hash.Free();
    }

    // Behind each field a time, −1: none.
    private struct ValkeyFields : IRdbValueParts
    {
        private const long Never = -1;

        private HashBuilder _hash;
        private long _left;

        public static int PartsPerStep => 256;

        public readonly bool HasMore => _left > 0;

        public bool TryBegin(ref RdbValueReader reader, RdbType type)
        {
            if (!reader.TryElements(2 + sizeof(long), out _left))
                return false;
            _hash = new HashBuilder(reader._values, _left, hasTimes: true, reader._nowMs);
            return true;
        }

        public bool TryNext(ref RdbValueReader reader)
        {
            long expiryMs = 0;
            bool isRead = reader._input.TryString(reader._heap, ref reader._first) && reader._input.TryString(reader._heap, ref reader._second)
                && reader._input.TryInt64(out expiryMs);
            if (!isRead)
                return false;
            _left--;
            if (expiryMs != Never && (expiryMs == 0 || !IsTime(expiryMs)))
                return reader._input.Fail(RdbFault.BadTime);
            return reader.TryAddTimed(ref _hash, reader._first.Span, reader._second.Span, expiryMs == Never ? 0 : expiryMs)
                || reader._input.Fail(RdbFault.Duplicate);
        }

        public byte* Finish(ref RdbValueReader reader) => reader.Finish(ref _hash);

        public void Free() => _hash.Free();
    }
}
