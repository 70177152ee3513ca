using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastKv.Structures;

// Data plane: what a table must know of the blocks it indexes. Implemented by empty structs, so that every call is inlined.

/// <summary>How <see cref="ExtendibleTable{TLayout}"/> reads the entries that it refers to.</summary>
public unsafe interface IEntryLayout
{
    /// <summary>The key inside the entry; valid as long as the entry stays where it is.</summary>
    static abstract ReadOnlySpan<byte> KeyOf(byte* entry);

    /// <summary>When the entry expires, in Unix milliseconds; 0 or negative when it does not.</summary>
    static abstract long ExpiryOf(byte* entry);

    /// <summary>Whether the entry as a whole expires, not only something in it. Only for those with an <see cref="ExpiryOf"/>.</summary>
    static virtual bool IsVolatile(byte* entry) => true;

    /// <summary>The hash under which the entry is kept. A table recomputes it when a segment is rebuilt, rather than store it.</summary>
    static virtual ulong HashOf<TLayout>(byte* entry, ulong seed)
        where TLayout : struct, IEntryLayout
    {
        ReadOnlySpan<byte> key = TLayout.KeyOf(entry);
        return KeyHash.Compute((byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(key)), key.Length, seed);
    }
}

/// <summary>Receives the entries of a scan or a drain.</summary>
public unsafe interface IEntryVisitor
{
    /// <summary>Called once per entry. A scan's visitor must not change the table; a drain's may free the entry.</summary>
    void Visit(byte* entry);
}

/// <summary>Decides about entries whose time has come (<see cref="ExtendibleTable{TLayout}.SweepExpired"/>).</summary>
public unsafe interface IExpiryVisitor
{
    /// <summary>
    /// Called for an entry whose expiry is not later than the sweep's time. Must not change the table itself.
    /// </summary>
    /// <returns>True to have the table drop its reference; the visitor may have freed the entry by then.</returns>
    bool Visit(byte* entry);
}
