using System.Runtime.CompilerServices;
using FastKv.Engine.Commands;

namespace FastKv.Engine.Acl;

// Control plane to change, data plane to ask.
//
//   word 0           word 1                      last word
//   ┌────────────────┬────────────────┬─ ... ─┬──────────────┐
//   │ ids 0 .. 63    │ ids 64 .. 127  │       │ .. n-1 │ n   │     n = number of commands and subcommands
//   └────────────────┴────────────────┴─ ... ─┴──────────────┘
//                                                       └ set by +@all only: commands that are yet to come
//
// Ask, add, remove: O(1). Compare, copy: O(n / 64).

/// <summary>A set of commands and subcommands by their <see cref="CommandDescriptor.Id"/>.</summary>
internal sealed class CommandSet
{
    private readonly ulong[] _words = new ulong[(CommandTable.All.Length + 64) / 64];

    /// <summary>Whether all commands were added at once, so that future ones are meant too.</summary>
    public bool HasFuture => this[CommandTable.All.Length];

    /// <summary>Whether nothing that is in the table is missing.</summary>
    public bool HasAll
    {
        get
        {
            for (int id = 0; id < CommandTable.All.Length; id++)
            {
                if (!this[id])
                    return false;
            }
            return true;
        }
    }

    /// <summary>Whether the set holds the command with this id.</summary>
    public bool this[int id]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (_words[id >> 6] >> (id & 63) & 1) != 0;
        set
        {
            if (value)
                _words[id >> 6] |= 1UL << (id & 63);
            else
                _words[id >> 6] &= ~(1UL << (id & 63));
        }
    }

    /// <summary>Holds everything from now on, or nothing.</summary>
    public void Fill(bool value) => Array.Fill(_words, value ? ulong.MaxValue : 0);

    /// <summary>Takes over what another set holds.</summary>
    public void Copy(CommandSet other) => other._words.CopyTo(_words, 0);

    /// <summary>Whether both hold the same.</summary>
    public bool Same(CommandSet other) => _words.AsSpan().SequenceEqual(other._words);
}
