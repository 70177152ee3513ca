using FastKv.Structures;

namespace FastKv.Engine.Commands.Sets;

// Data plane.

/// <summary>Collects members in a new set that is in no table yet.</summary>
internal unsafe struct SetSink(ValueHeap values, byte* entry) : ISetVisitor
{
    private readonly ValueHeap _values = values;

    /// <summary>The set.</summary>
    public byte* Entry = entry;

    public void Visit(scoped ReadOnlySpan<byte> member) => Entry = SetValue.Add(_values, Entry, member, out _);

    /// <summary>Adds all members of a set.</summary>
    public void AddAll(EntryRef set)
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        var members = SetValue.Iterate(_values, set);
        while (members.MoveNext())
            Visit(members.Text(scratch));
    }

    /// <summary>Removes all members of a set.</summary>
    public void RemoveAll(EntryRef set)
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        var members = SetValue.Iterate(_values, set);
        while (members.MoveNext() && SetValue.Count(new EntryRef(Entry)) != 0)
            Entry = SetValue.Remove(_values, Entry, members.Text(scratch), out _);
    }
}

/// <summary>Takes members of which only the number matters.</summary>
internal readonly struct CountingVisitor : ISetVisitor
{
    public void Visit(scoped ReadOnlySpan<byte> member)
    {
    }
}
