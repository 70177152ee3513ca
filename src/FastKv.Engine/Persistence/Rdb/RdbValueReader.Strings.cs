using FastKv.Memory;
using FastKv.Structures;
using FastKv.Structures.Encoding;

namespace FastKv.Engine.Persistence.Rdb;

// Long strings, which are copied or decompressed piece by piece to where they stay.
internal unsafe ref partial struct RdbValueReader
{
    private struct StringPieces : IRdbValueParts
    {
        private const int PieceBytes = 1 << 16;

        private NativeHeap _heap;
        private byte* _entry;
        private byte* _from;
        private byte* _end;
        private byte* _target;
        private byte* _to;
        private byte* _limit;
        private bool _isCompressed;

        public static int PartsPerStep => 4;

        public readonly bool HasMore => _from < _end;

        public bool TryBegin(ref RdbValueReader reader, RdbType type)
        {
            if (!reader._input.TryText(out _from, out long storedBytes, out int bytes, out _isCompressed))
                return false;
            _end = _from + storedBytes;
            _heap = reader._heap;
            _entry = StringEntry.CreateUnwritten(_heap, reader._key, bytes, reader._expiryMs, reader._clock);
            _target = _to = StringEntry.Bytes(_entry, out _);
            _limit = _to + bytes;
            return true;
        }

        public bool TryNext(ref RdbValueReader reader)
        {
            if (_isCompressed)
                return Lzf.TryDecompressSome(ref _from, _end, _target, ref _to, _limit, PieceBytes) || reader._input.Fail(RdbFault.BadCompression);
            long bytes = Math.Min(PieceBytes, _end - _from);
            Buffer.MemoryCopy(_from, _to, _limit - _to, bytes);
            _from += bytes;
            _to += bytes;
            return true;
        }

        public byte* Finish(ref RdbValueReader reader)
        {
            if (_to != _limit)
                return reader.Null(RdbFault.BadCompression);
            return _entry;
        }

        public readonly void Free() => StringEntry.Free(_heap, _entry);
    }
}
