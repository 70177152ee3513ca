// Data plane. Error replies: one line, whatever a client made us quote.
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FastKv.Protocol;

public unsafe partial struct ReplyWriter
{
    /// <summary>An error: <c>-text</c>. Line ends in the text become spaces, those at its end are left out, as in Redis.</summary>
    /// <param name="text">Code and message without the leading '-', e.g. <c>ERR syntax error</c>.</param>
    public readonly void Error(ReadOnlySpan<byte> text)
    {
        text = text.TrimEnd("\r\n"u8);
        if (text.IndexOfAny((byte)'\r', (byte)'\n') < 0)
        {
            Errors?.Note(text);
            TypedLine((byte)'-', text);
            return;
        }
        BeginError(text);
        EndError();
    }

    /// <summary>An error whose text has one variable piece: <c>-prefix piece suffix</c>.</summary>
    /// <param name="prefix">Code and first words, e.g. <c>ERR unknown subcommand '</c>.</param>
    /// <param name="piece">Any bytes; line ends become spaces.</param>
    /// <param name="suffix">The rest of the text.</param>
    public readonly void Error(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> piece, ReadOnlySpan<byte> suffix)
    {
        BeginError(prefix);
        ErrorPiece(piece);
        ErrorPiece(suffix);
        EndError();
    }

    /// <summary>An error whose text has two variable pieces.</summary>
    /// <param name="prefix">Code and first words.</param>
    /// <param name="piece">Any bytes; line ends become spaces.</param>
    /// <param name="infix">What stands between the pieces.</param>
    /// <param name="secondPiece">Any bytes; line ends become spaces.</param>
    /// <param name="suffix">The rest of the text.</param>
    public readonly void Error(
        ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> piece, ReadOnlySpan<byte> infix, ReadOnlySpan<byte> secondPiece, ReadOnlySpan<byte> suffix)
    {
        BeginError(prefix);
        ErrorPiece(piece);
        ErrorPiece(infix);
        ErrorPiece(secondPiece);
        ErrorPiece(suffix);
        EndError();
    }

    /// <summary>Begins an error that is put together from any number of pieces; <see cref="EndError"/> must follow.</summary>
    /// <param name="prefix">The first piece, with the code in full.</param>
    public readonly void BeginError(ReadOnlySpan<byte> prefix)
    {
        Errors?.Note(prefix);
        Output.Append("-"u8);
        ErrorPiece(prefix);
    }

    /// <summary>A piece of the error begun: line ends become spaces. O(length).</summary>
    /// <param name="text">Any bytes.</param>
    public readonly void ErrorPiece(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            int lineEnd = text.IndexOfAny((byte)'\r', (byte)'\n');
            if (lineEnd < 0)
            {
                Output.Append(text);
                return;
            }
            Output.Append(text[..lineEnd]);
            Output.Append(" "u8);
            text = text[(lineEnd + 1)..];
        }
    }

    /// <summary>A number as a piece of the error begun.</summary>
    /// <param name="value">Any value.</param>
    public readonly void ErrorPiece(long value)
    {
        byte* target = Output.Reserve(NumberText.Int64CharsMax);
        Output.Commit(NumberText.Format(target, value));
    }

    /// <summary>Ends the error begun.</summary>
    public readonly void EndError() => Output.Append("\r\n"u8);
}
