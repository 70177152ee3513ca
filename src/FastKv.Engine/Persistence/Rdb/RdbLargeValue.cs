using System.Diagnostics;

namespace FastKv.Engine.Persistence.Rdb;

// Data plane. Values come in parts: elements, nodes of a list, pieces of a string. A reader that has to have the value takes one after the other; a loop that
// has clients takes some of them at a time, and keeps here what it has:
//
//   Step ──► begin, 256 parts ──► 256 parts ──► … ──► the rest, entry                 (or, at any place, a fault; or Abandon)
//              between two of them clients are served; what was built is in no table

/// <summary>A value's parts, and what has been made of them. A default one is nothing; one that could not begin either.</summary>
internal unsafe interface IRdbValueParts
{
    /// <summary>So many of them take a fraction of a millisecond.</summary>
    static abstract int PartsPerStep { get; }

    /// <summary>Reads what stands in front of the parts.</summary>
    bool TryBegin(ref RdbValueReader reader, RdbType type);

    /// <summary>Whether there is a part to come.</summary>
    bool HasMore { get; }

    /// <summary>Reads a part; false: see the fault.</summary>
    bool TryNext(ref RdbValueReader reader);

    /// <summary>The entry, when there are no more parts; null: see the fault. O(1).</summary>
    byte* Finish(ref RdbValueReader reader);

    /// <summary>Frees what has been made, if <see cref="Finish"/> has not made an entry.</summary>
    void Free();
}

/// <summary>The large value that a partition is in the midst of, if there is one. Serves one after the other; by whoever runs the partition.</summary>
internal sealed unsafe class RdbLargeValue
{
    /// <summary>A step ends behind so many bytes of the file, if parts are long.</summary>
    public const long BytesPerStep = 1 << 18;

    // One of each kind that was met: nothing is allocated per value.
    private readonly List<Kept> _kept = [];
    private Kept? _current;

    /// <summary>Where the value is read.</summary>
    public RdbInput Input;

    /// <summary>Whether there is more of it to read.</summary>
    public bool IsUnfinished => _current is not null;

    /// <summary>Reads some parts. O(1).</summary>
    /// <returns>The entry; null: it is unfinished, or see the input's fault.</returns>
    public byte* Step<T>(ref RdbValueReader reader, RdbType type)
        where T : struct, IRdbValueParts
    {
        var kept = KeptOf<T>();
        ref T parts = ref kept.Parts;
        if (_current is null)
        {
            parts = default;
            if (!parts.TryBegin(ref reader, type))
                return null;
            _current = kept;
        }
        Debug.Assert(_current == kept, "one value at a time");
        byte* start = Input.At;
        bool isSound = true;
        for (int left = T.PartsPerStep; isSound && left > 0 && parts.HasMore && Input.At - start < BytesPerStep; left--)
            isSound = parts.TryNext(ref reader);
        if (isSound && parts.HasMore)
            return null;
        byte* entry = isSound ? parts.Finish(ref reader) : null;
        if (entry == null)
            parts.Free();
        _current = null;
        return entry;
    }

    /// <summary>Frees what there is of an unfinished value. O(parts).</summary>
    public void Abandon()
    {
        _current?.Free();
        _current = null;
    }

    private Kept<T> KeptOf<T>()
        where T : struct, IRdbValueParts
    {
        foreach (var kept in _kept)
        {
            if (kept is Kept<T> found)
                return found;
        }
        var added = new Kept<T>();
        _kept.Add(added);
        return added;
    }

    private abstract class Kept
    {
        public abstract void Free();
    }

    private sealed class Kept<T> : Kept
        where T : struct, IRdbValueParts
    {
        public T Parts;

        public override void Free() => Parts.Free();
    }
}
