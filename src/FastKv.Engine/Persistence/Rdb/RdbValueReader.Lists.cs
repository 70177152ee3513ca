using FastKv.Structures;

namespace FastKv.Engine.Persistence.Rdb;

// Lists: elements, or nodes that hold some of them.
internal unsafe ref partial struct RdbValueReader
{
    private bool TryReadNode(ref ListBuilder list)
    {
        if (!_input.TryLength(out ulong container))
            return false;
        if (container is not (RdbFormat.ContainerPlain or RdbFormat.ContainerPacked))
            return _input.Fail(RdbFault.BadContainer);
        if (!_input.TryString(_heap, ref _first))
            return false;
        if (container == RdbFormat.ContainerPlain)
        {
            list.Add(_first.Span);
            return true;
        }
        _input.Checked++;
        if (!TryOpenListpack(out byte* first, out byte* end, out ListpackFacts facts))
            return false;
        if (facts.Count == 0)
            return true;
        if (facts.IsCanonical)
        {
            list.AddRun(first, end, facts.Count);
            return true;
        }
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        for (byte* at = first; at < end; at = Listpack.Next(at))
            list.Add(Listpack.Text(at, scratch));
        return true;
    }

    private struct ListElements : IRdbValueParts
    {
        private ListBuilder _list;
        private long _left;

        public static int PartsPerStep => 256;

        public readonly bool HasMore => _left > 0;

        public bool TryBegin(ref RdbValueReader reader, RdbType type)
        {
            if (!reader.TryElements(1, out _left))
                return false;
            _list = new ListBuilder(reader._values);
            return true;
        }

        public bool TryNext(ref RdbValueReader reader)
        {
            if (!reader._input.TryString(reader._heap, ref reader._first))
                return false;
            _left--;
            _list.Add(reader._first.Span);
            return true;
        }

        public byte* Finish(ref RdbValueReader reader) => _list.Finish(reader._key, reader._expiryMs, reader._clock);

        public void Free() => _list.Free();
    }

    private struct ListNodes : IRdbValueParts
    {
        private ListBuilder _list;
        private long _left;
        private bool _isPacked;

        public static int PartsPerStep => 32;

        public readonly bool HasMore => _left > 0;

        public bool TryBegin(ref RdbValueReader reader, RdbType type)
        {
            if (!reader.TryElements(1, out _left))
                return false;
            _isPacked = type == RdbType.ListQuicklist2;
            _list = new ListBuilder(reader._values);
            return true;
        }

        public bool TryNext(ref RdbValueReader reader)
        {
            _left--;
            return _isPacked ? reader.TryReadNode(ref _list) : reader.TryReadZiplistNode(ref _list);
        }

        public byte* Finish(ref RdbValueReader reader) =>
            _list.Count > 0 ? _list.Finish(reader._key, reader._expiryMs, reader._clock) : reader.Null(RdbFault.EmptyKey);

        public void Free() => _list.Free();
    }
}
