// Data plane. Error replies by their code, for INFO errorstats; counted where an error is written and nowhere else.
using System.Diagnostics;

namespace FastKv.Protocol;

/// <summary>
/// Counts of error replies. Written by one thread and only when an error is replied; others read late but never torn. Allocates nothing after its
/// construction; a count is O(codes), which are some ten.
/// </summary>
public sealed class ErrorCounts
{
    /// <summary>Codes told apart; errors of further ones count in <see cref="Total"/> only. (The codes are ours: a client cannot make up any.)</summary>
    public const int CodesMax = 64;

    /// <summary>Redis looks for the end of the code in the first 32 bytes of the reply, which begins with '-'.</summary>
    private const int CodeBytesMax = 31;

    private readonly byte[] _text = new byte[CodesMax * CodeBytesMax];
    private readonly byte[] _lengths = new byte[CodesMax];
    private readonly long[] _counts = new long[CodesMax];
    private int _codes;
    private long _total;

    /// <summary>Error replies so far.</summary>
    public long Total => _total;

    /// <summary>Different codes so far.</summary>
    public int Codes => Volatile.Read(ref _codes);

    /// <summary>Errors since this was last set to 0: whether the command that has just run failed.</summary>
    public int Pending { get; set; }

    /// <summary>
    /// Set by a handler whose error stands for a check before the call, so that the call counts as rejected and not as failed. To be reset together with
    /// <see cref="Pending"/>.
    /// </summary>
    public bool IsRejection { get; set; }

    /// <summary>Counts an error.</summary>
    /// <param name="text">Code and message without the leading '-', or the beginning of it with the code in full.</param>
    public void Note(ReadOnlySpan<byte> text)
    {
        Pending++;
        _total++;
        var code = CodeOf(text);
        int known = _codes;
        for (int i = 0; i < known; i++)
        {
            if (CodeAt(i).SequenceEqual(code))
            {
                _counts[i]++;
                return;
            }
        }
        if (known == CodesMax)
            return;
        code.CopyTo(_text.AsSpan(known * CodeBytesMax));
        _lengths[known] = (byte)code.Length;
        _counts[known] = 1;

        // Pairs with the read in Codes: a reader that sees the number sees the code.
        Volatile.Write(ref _codes, known + 1);
    }

    /// <summary>The code with an index below <see cref="Codes"/>, in the order of first appearance.</summary>
    public ReadOnlySpan<byte> CodeAt(int index)
    {
        Debug.Assert(index < _codes, "a code that there is");
        return _text.AsSpan(index * CodeBytesMax, _lengths[index]);
    }

    /// <summary>Errors with a code; 0: none.</summary>
    public long CountOf(ReadOnlySpan<byte> code)
    {
        for (int i = 0; i < Codes; i++)
        {
            if (CodeAt(i).SequenceEqual(code))
                return _counts[i];
        }
        return 0;
    }

    /// <summary>Back to zero (CONFIG RESETSTAT). The codes stay known with a count of 0, so that a reader on another thread never sees one change.</summary>
    public void Reset()
    {
        Array.Clear(_counts);
        _total = 0;
    }

    /// <summary>The first word, or ERR where Redis finds none: afterErrorReply in networking.c.</summary>
    private static ReadOnlySpan<byte> CodeOf(ReadOnlySpan<byte> text)
    {
        int end = text[..Math.Min(text.Length, CodeBytesMax)].IndexOf((byte)' ');
        return end < 0 ? "ERR"u8 : text[..end];
    }
}
