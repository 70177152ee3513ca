using System;
using System.Collections.Generic;
using System.Linq;

namespace FastKv.CommandGenerator;

/// <summary>
/// The lookup table of the top-level names. Names of one length form one row with a table of its own; a multiplier is searched that sends each of them
/// to a slot of its own. A slot holds the packed name, the mask that folds its letters' case, and the command's id; CommandTable.Find reads it.
/// </summary>
/// <remarks>
/// Folding with 0xDF (not 0x20) makes the comparison exact: for a letter, only its two cases give the folded byte, and other bytes are not folded.
/// The hash may fold every byte, since the comparison decides.
/// </remarks>
internal sealed class PerfectHash
{
    public const ulong FoldAll = 0xDFDFDFDFDFDFDFDF;

    /// <summary>Two words per name length from 0 to the longest: multiplier; first index in <see cref="Slots"/> &lt;&lt; 8 | shift.</summary>
    public List<ulong> Rows { get; } = [];

    public List<ulong> Slots { get; } = [];

    public PerfectHash(IReadOnlyList<(string Name, int Id)> names)
    {
        // The empty slot shared by all lengths without a name: no word equals it under a zero mask.
        Slots.AddRange([ulong.MaxValue, 0, ulong.MaxValue, 0, ulong.MaxValue, 0, 0]);
        for (int length = 0; length <= Facts.LongestName; length++)
            AddRow(length, [.. names.Where(n => n.Name.Length == length)]);
    }

    /// <summary>Words per slot: (word, mask) for each 8 bytes begun, and the id.</summary>
    public static int Stride(int length) => length <= 8 ? 3 : length <= 16 ? 5 : 7;

    private void AddRow(int length, (string Name, int Id)[] names)
    {
        if (names.Length == 0)
        {
            Rows.Add(0);
            Rows.Add(63);
            return;
        }
        int bits = 1;
        while (1 << bits < names.Length * 2)
            bits++;
        var hashes = names.Select(n => Hash(n.Name)).ToArray();
        ulong multiplier = Solve(hashes, ref bits);
        int offset = Slots.Count, stride = Stride(length);
        Rows.Add(multiplier);
        Rows.Add(((ulong)offset << 8) | (uint)(64 - bits));
        for (int slot = 0; slot < 1 << bits; slot++)
        {
            int found = Array.FindIndex(hashes, h => (int)((h * multiplier) >> (64 - bits)) == slot);
            for (int word = 0; word < stride / 2; word++)
            {
                Slots.Add(found < 0 ? ulong.MaxValue : Word(names[found].Name, word, mask: false));
                Slots.Add(found < 0 ? 0 : Word(names[found].Name, word, mask: true));
            }
            Slots.Add(found < 0 ? 0 : (ulong)names[found].Id);
        }
    }

    private static ulong Solve(ulong[] hashes, ref int bits)
    {
        ulong state = 0x9E3779B97F4A7C15;
        while (true)
        {
            for (int attempt = 0; attempt < 200_000; attempt++)
            {
                // splitmix64: a fixed sequence, so that the same commands always give the same table.
                state += 0x9E3779B97F4A7C15;
                ulong multiplier = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
                multiplier = ((multiplier ^ (multiplier >> 27)) * 0x94D049BB133111EB) | 1;
                if (Separates(hashes, multiplier, bits))
                    return multiplier;
            }
            bits++;
        }
    }

    private static bool Separates(ulong[] hashes, ulong multiplier, int bits)
    {
        var used = new HashSet<int>();
        foreach (ulong hash in hashes)
        {
            if (!used.Add((int)((hash * multiplier) >> (64 - bits))))
                return false;
        }
        return true;
    }

    /// <summary>What CommandTable.Find multiplies: the first word, with the last 8 bytes of a longer name rotated into it.</summary>
    private static ulong Hash(string name)
    {
        ulong hash = Word(name, 0, mask: false) & FoldAll;
        if (name.Length <= 8)
            return hash;
        ulong tail = Word(name, 1, mask: false) & FoldAll;
        return hash ^ ((tail << 23) | (tail >> 41));
    }

    /// <summary>Word 0: the first 8 bytes; 1: the last 8 (overlapping); 2: bytes 8 to 15. Or the masks that fold them.</summary>
    private static ulong Word(string name, int index, bool mask)
    {
        int start = index switch { 0 => 0, 1 => name.Length - 8, _ => 8 };
        ulong word = 0;
        for (int i = 0; i < 8; i++)
        {
            if (start + i >= name.Length)
            {
                if (mask)
                    word |= 0xFFUL << (8 * i);
                continue;
            }
            char c = name[start + i];
            word |= (mask ? c is >= 'A' and <= 'Z' ? 0xDFUL : 0xFFUL : c) << (8 * i);
        }
        return word;
    }
}
