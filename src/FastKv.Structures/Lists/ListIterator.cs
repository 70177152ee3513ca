namespace FastKv.Structures;

// STUB: the contract; the part of the type implements it.

/// <summary>A walk over a value, which must not change meanwhile. Data plane.</summary>
public unsafe ref struct ListIterator
{
    /// <summary>Goes to the next element; false: there is none.</summary>
    public bool MoveNext() => throw new NotImplementedException();

    /// <summary>The element: a view of it, or of <paramref name="scratch"/> (<see cref="Listpack.ScratchBytes"/>) if it is kept as an integer.</summary>
    public readonly ReadOnlySpan<byte> Text(Span<byte> scratch) => throw new NotImplementedException();
}
