using FastKv.Structures;

namespace FastKv.Engine.Persistence.Rdb;

// Sets and sorted sets, member by member.
internal unsafe ref partial struct RdbValueReader
{
    private struct SetMembers : IRdbValueParts
    {
        private SetBuilder _set;
        private long _left;

        public static int PartsPerStep => 256;

        public readonly bool HasMore => _left > 0;

        public bool TryBegin(ref RdbValueReader reader, RdbType type)
        {
            if (!reader.TryElements(1, out _left))
                return false;
            _set = new SetBuilder(reader._values, _left);
            return true;
        }

        public bool TryNext(ref RdbValueReader reader)
        {
            if (!reader._input.TryString(reader._heap, ref reader._first))
                return false;
            _left--;
            return _set.TryAdd(reader._first.Span) || reader._input.Fail(RdbFault.Duplicate);
        }

        public byte* Finish(ref RdbValueReader reader) => reader.Finish(ref _set);

        public void Free() => _set.Free();
    }

    private struct ScoredMembers : IRdbValueParts
    {
        // Of a member's reading, by far.
        private const long OrderedPerPart = 16;

        private SortedSetLoader _set;
        private long _left;
        private bool _hasBinaryScores;

        public static int PartsPerStep => 256;

        public readonly bool HasMore => _left > 0 || !_set.IsComplete;

        public bool TryBegin(ref RdbValueReader reader, RdbType type)
        {
            _hasBinaryScores = type == RdbType.SortedSet2;
            if (!reader.TryElements(_hasBinaryScores ? 9 : 2, out _left))
                return false;
            _set = new SortedSetLoader(reader._values, _left);
            return true;
        }

        public bool TryNext(ref RdbValueReader reader)
        {
            if (_left == 0)
            {
                _set.Complete(OrderedPerPart);
                return true;
            }
            double score = 0;
            bool isRead = reader._input.TryString(reader._heap, ref reader._first)
                && (_hasBinaryScores ? reader._input.TryBinaryScore(out score) : reader._input.TryTextScore(out score));
            if (!isRead)
                return false;
            _left--;
            return _set.TryAdd(reader._first.Span, score) || reader._input.Fail(RdbFault.Duplicate);
        }

        public byte* Finish(ref RdbValueReader reader) => reader.Finish(ref _set);

        public void Free() => _set.Free();
    }
}
