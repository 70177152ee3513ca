using FastKv.Structures;

namespace FastKv.Engine.Persistence.Rdb;

// Encodings that Redis has left: zipmaps (until 2.4), ziplists (until 7.0). They are read element by element.
internal unsafe ref partial struct RdbValueReader
{
    private byte* ReadZipmap()
    {
        var zipmap = new ZipmapReader(_first.Bytes, _first.Length);
        var hash = new HashBuilder(_values, zipmap.CountHint, hasTimes: false, _nowMs);
        while (zipmap.TryNext(out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
        {
            if (!hash.TryAdd(field, value))
                return Discard(ref hash, RdbFault.Duplicate);
        }
        return zipmap.IsSound ? Finish(ref hash) : Discard(ref hash, RdbFault.BadZipmap);
    }

    private readonly byte* ReadListZiplist()
    {
        var list = new ListBuilder(_values);
        if (TryAddZiplist(ref list) && list.Count > 0)
            return list.Finish(_key, _expiryMs, _clock);
        list.Free();
        return Null(RdbFault.EmptyKey);
    }

    private bool TryReadZiplistNode(ref ListBuilder list)
    {
        if (!_input.TryString(_heap, ref _first))
            return false;
        _input.Checked++;
        return TryAddZiplist(ref list);
    }

    private readonly bool TryAddZiplist(ref ListBuilder list)
    {
        var ziplist = new ZiplistReader(_first.Bytes, _first.Length);
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        while (ziplist.TryNext(scratch, out ReadOnlySpan<byte> element))
            list.Add(element);
        return ziplist.IsSound || _input.Fail(RdbFault.BadZiplist);
    }

    private readonly byte* ReadSortedSetZiplist()
    {
        var ziplist = new ZiplistReader(_first.Bytes, _first.Length);
        var set = new SortedSetLoader(_values, ziplist.CountHint / 2);
        Span<byte> memberScratch = stackalloc byte[ScratchBytes];
        Span<byte> scoreScratch = stackalloc byte[ScratchBytes];
        while (ziplist.TryNext(memberScratch, out ReadOnlySpan<byte> member))
        {
            if (!ziplist.TryNext(scoreScratch, out ReadOnlySpan<byte> text))
                return Discard(ref set, RdbFault.BadZiplist);
            if (!Protocol.NumberText.TryParseDouble(text, out double score))
                return Discard(ref set, RdbFault.BadScore);
            if (!set.TryAdd(member, score))
                return Discard(ref set, RdbFault.Duplicate);
        }
        if (!ziplist.IsSound)
            return Discard(ref set, RdbFault.BadZiplist);
        return set.Count == 0 ? Discard(ref set, RdbFault.EmptyKey) : Finish(ref set);
    }

    private readonly byte* ReadHashZiplist()
    {
        var ziplist = new ZiplistReader(_first.Bytes, _first.Length);
        var hash = new HashBuilder(_values, ziplist.CountHint / 2, hasTimes: false, _nowMs);
        Span<byte> fieldScratch = stackalloc byte[ScratchBytes];
        Span<byte> valueScratch = stackalloc byte[ScratchBytes];
        while (ziplist.TryNext(fieldScratch, out ReadOnlySpan<byte> field))
        {
            if (!ziplist.TryNext(valueScratch, out ReadOnlySpan<byte> value))
                return Discard(ref hash, RdbFault.BadZiplist);
            if (!hash.TryAdd(field, value))
                return Discard(ref hash, RdbFault.Duplicate);
        }
        return ziplist.IsSound ? Finish(ref hash) : Discard(ref hash, RdbFault.BadZiplist);
    }
}
