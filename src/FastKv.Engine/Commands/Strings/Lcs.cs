using FastKv.Memory;
using FastKv.Protocol;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Strings;

// Data plane. Longest common subsequence by dynamic programming over prefixes:
//
//           b0 b1 b2 …          length[i,j] = length[i-1,j-1] + 1                   if a[i-1] == b[j-1]
//      a0    .  .  .                          max(length[i-1,j], length[i,j-1])     otherwise
//      a1    .  .  .
//
// The way back asks each cell only whether it came from above (length[i-1,j] > length[i,j-1]): one bit. So the scratch memory is one row of
// 4-byte lengths and a bit per cell, a 32nd of the table that Redis allocates; its bound on that table is kept, for the errors to be the same.

/// <summary>LCS.</summary>
internal static unsafe class Lcs
{
    private const int CellBytesOfRedis = sizeof(uint);

    [Command("LCS", Arity = -3, Flags = CommandFlags.ReadOnly, Group = CommandGroup.String, FirstKey = 1, LastKey = 2,
        Access = KeyAccess.RO | KeyAccess.Access, Since = "7.0.0", Summary = "Finds the longest common substring.",
        Complexity = "O(N*M) where N and M are the lengths of s1 and s2, respectively",
        Syntax = "key1 key2#0 [LEN] [IDX] [MINMATCHLEN len:integer] [WITHMATCHLEN]")]
    internal static void Execute(ref CommandContext context)
    {
        var keyA = context.Key(1);
        var keyB = context.Key(2);
        var entryA = context.Database(keyA).FindForRead(keyA);
        var entryB = context.Database(keyB).FindForRead(keyB);
        if ((!entryA.IsNull && entryA.Type != ValueType.String) || (!entryB.IsNull && entryB.Type != ValueType.String))
        {
            context.Reply.Error(Errors.LcsNeedsStrings);
            return;
        }
        if (!TryParse(ref context, out var options))
            return;

        byte* scratch = stackalloc byte[2 * NumberText.Int64CharsMax];
        var problem = default(Problem);
        problem.A = StringEdit.Pin(entryA, scratch, out problem.LengthA);
        problem.B = StringEdit.Pin(entryB, scratch + NumberText.Int64CharsMax, out problem.LengthB);
        UInt128 tableBytes = (UInt128)CellBytesOfRedis * (UInt128)(problem.LengthA + 1L) * (UInt128)(problem.LengthB + 1L);
        if (tableBytes > (UInt128)context.Partition.Options.ProtoMaxBulkLen)
        {
            context.Reply.Error(Errors.LcsTooLarge);
            return;
        }
        Solve(ref context, ref problem, options);
    }

    private static bool TryParse(ref CommandContext context, out Options options)
    {
        options = default;
        for (int i = 3; i < context.Count; i++)
        {
            if (context.Is(i, "IDX"u8))
            {
                options.Ranges = true;
            }
            else if (context.Is(i, "LEN"u8))
            {
                options.LengthOnly = true;
            }
            else if (context.Is(i, "WITHMATCHLEN"u8))
            {
                options.WithMatchLength = true;
            }
            else if (context.Is(i, "MINMATCHLEN"u8) && i + 1 < context.Count)
            {
                if (!context.TryInteger(++i, out options.MatchLengthMin))
                    return false;
            }
            else
            {
                context.Reply.Error(Errors.Syntax);
                return false;
            }
        }
        if (!options.Ranges || !options.LengthOnly)
            return true;
        context.Reply.Error(Errors.LcsLengthAndRanges);
        return false;
    }

    private static void Solve(ref CommandContext context, ref Problem problem, Options options)
    {
        var heap = context.Partition.Heap;
        long rowBytes = (problem.LengthB + 1L) * sizeof(int);
        problem.Stride = (problem.LengthB + 7L) / 8;
        long bitBytes = options.LengthOnly ? 0 : problem.Stride * problem.LengthA;
        byte* block = heap.Allocate(rowBytes + bitBytes);
        problem.Row = (int*)block;
        problem.CameFromAbove = block + rowBytes;
        int length = Fill(problem, !options.LengthOnly);

        if (options.LengthOnly)
            context.Reply.Integer(length);
        else if (options.Ranges)
            ReplyRanges(ref context, problem, options, length);
        else
            ReplyText(ref context, problem, length, heap);
        heap.Free(block, rowBytes + bitBytes);
    }

    /// <summary>The length; the bits too if they are wanted. O(A·B).</summary>
    private static int Fill(in Problem problem, bool wantsBits)
    {
        int columns = problem.LengthB;
        byte* b = problem.B;
        int* row = problem.Row;
        new Span<int>(row, columns + 1).Clear();
        for (int i = 0; i < problem.LengthA; i++)
        {
            byte a = problem.A[i];
            byte* bits = problem.CameFromAbove + (i * problem.Stride);
            int diagonal = 0, left = 0, pending = 0;
            for (int j = 0; j < columns; j++)
            {
                int above = row[j + 1];
                bool isAbove = above > left;
                left = a == b[j] ? diagonal + 1 : isAbove ? above : left;
                row[j + 1] = left;
                diagonal = above;
                if (!wantsBits)
                    continue;
                pending |= (isAbove ? 1 : 0) << (j & 7);
                if ((j & 7) == 7)
                {
                    bits[j >> 3] = (byte)pending;
                    pending = 0;
                }
            }
            if (wantsBits && (columns & 7) != 0)
                bits[columns >> 3] = (byte)pending;
        }
        return row[columns];
    }

    private static void ReplyText(ref CommandContext context, in Problem problem, int length, NativeHeap heap)
    {
        if (length == 0)
        {
            context.Reply.BulkString(default);
            return;
        }
        byte* text = heap.Allocate(length);
        int i = problem.LengthA, j = problem.LengthB, left = length;
        while (left > 0)
        {
            if (Step(problem, ref i, ref j))
                text[--left] = problem.A[i];
        }
        context.Reply.BulkString(new ReadOnlySpan<byte>(text, length));
        heap.Free(text, length);
    }

    /// <summary>The runs of matches, from the last to the first, and the length.</summary>
    private static void ReplyRanges(ref CommandContext context, in Problem problem, Options options, int length)
    {
        context.Reply.MapHeader(2);
        context.Reply.BulkString("matches"u8);
        var matches = context.Reply.BeginArray();
        long count = 0;
        int i = problem.LengthA, j = problem.LengthB, run = 0;
        while (i > 0 && j > 0)
        {
            int startA = i, startB = j;
            if (Step(problem, ref i, ref j))
                run++;
            else
                count += ReplyRange(ref context, options, startA, startB, ref run);
        }
        count += ReplyRange(ref context, options, i, j, ref run);
        context.Reply.EndArray(matches, count);
        context.Reply.BulkString("len"u8);
        context.Reply.Integer(length);
    }

    /// <summary>One step back from the prefixes of i and j bytes; whether it was a match.</summary>
    private static bool Step(in Problem problem, ref int i, ref int j)
    {
        if (problem.A[i - 1] == problem.B[j - 1])
        {
            i--;
            j--;
            return true;
        }
        bool isAbove = (problem.CameFromAbove[((i - 1) * problem.Stride) + ((j - 1) >> 3)] & (1 << ((j - 1) & 7))) != 0;
        if (isAbove)
            i--;
        else
            j--;
        return false;
    }

    private static int ReplyRange(ref CommandContext context, Options options, int startA, int startB, ref int run)
    {
        int length = run;
        run = 0;
        if (length == 0 || length < options.MatchLengthMin)
            return 0;
        context.Reply.ArrayHeader(options.WithMatchLength ? 3 : 2);
        context.Reply.ArrayHeader(2);
        context.Reply.Integer(startA);
        context.Reply.Integer(startA + length - 1L);
        context.Reply.ArrayHeader(2);
        context.Reply.Integer(startB);
        context.Reply.Integer(startB + length - 1L);
        if (options.WithMatchLength)
            context.Reply.Integer(length);
        return 1;
    }

    private struct Options
    {
        public bool LengthOnly;
        public bool Ranges;
        public bool WithMatchLength;
        public long MatchLengthMin;
    }

    private struct Problem
    {
        public byte* A;
        public byte* B;
        public int LengthA;
        public int LengthB;

        /// <summary>Lengths of the row last computed.</summary>
        public int* Row;

        /// <summary>A row of bits per byte of A.</summary>
        public byte* CameFromAbove;

        /// <summary>Bytes of a row of bits.</summary>
        public long Stride;
    }
}
