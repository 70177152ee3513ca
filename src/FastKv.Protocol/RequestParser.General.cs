// Data plane. The request decoder's general path: any form, any cut, every error. See RequestParser.cs for the picture.
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Protocol;

public unsafe partial struct RequestParser
{
    private const int UnauthenticatedArgumentsMax = 10;
    private const int UnauthenticatedBulkBytesMax = 16 * 1024;

    /// <summary>True when a command has begun and is not complete.</summary>
    public readonly bool IsMidCommand => _state == State.Suspended;

    /// <summary>
    /// At least so many more bytes complete the command: exact (payload and its line end) when only the last argument's payload is
    /// missing, so that the owner can reserve them at once; 0 between commands.
    /// </summary>
    public readonly long BytesNeeded => _bytesNeeded;

    /// <summary>Lowest address that must stay in the buffer for the incomplete command; null between commands, where only the cursor counts.</summary>
    public readonly byte* RetainFrom => _retainFrom;

    /// <summary>Native bytes that the parser holds besides itself: 0 unless a command is incomplete or the protocol was broken.</summary>
    public readonly long NativeBytes => (long)_pendingCapacity * sizeof(Argument);

    /// <summary>
    /// The error reply's text with its code and without '-' and line end, e.g. <c>ERR Protocol error: invalid bulk length</c>; empty if the
    /// protocol was not broken. Valid until <see cref="Reset"/>.
    /// </summary>
    public readonly ReadOnlySpan<byte> ErrorText =>
        _error == ProtocolError.ExpectedDollar
            ? new ReadOnlySpan<byte>(_pending, ProtocolErrorTexts.ExpectedDollarPrefix.Length + 2)
            : ProtocolErrorTexts.Of(_error);

    /// <summary>Says that the retained bytes now lie <paramref name="delta"/> bytes higher than before. O(1).</summary>
    /// <param name="delta">New address minus old address of the buffer's content, in bytes.</param>
    public void Rebase(long delta)
    {
        _shift += delta;
        if (_retainFrom != null)
            _retainFrom += delta;
    }

    /// <summary>Forgets an incomplete command or an error, and frees what it held. <see cref="Authenticated"/> and <see cref="IsFile"/> stay.</summary>
    public void Reset()
    {
        FreePending();
        _error = ProtocolError.None;
        _argumentsLeft = 0;
        Resume();
    }

    /// <summary>The same as <see cref="Reset"/>: the native state is freed.</summary>
    public void Dispose() => Reset();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ParseStatus NextGeneral(ref byte* cursor, byte* end, ArgumentArray arguments, ProtocolLimits limits, out int first, out int count)
    {
        Debug.Assert(cursor <= end, "the cursor is behind the end");
        first = arguments.Count;
        count = 0;
        if (_state == State.Failed)
            return ParseStatus.Error;

        while (_argumentsLeft == 0)
        {
            if (cursor == end)
            {
                Resume();
                return ParseStatus.Incomplete;
            }
            if (*cursor == '*')
            {
                ParseStatus status = ReadCount(ref cursor, end, limits);
                if (status != ParseStatus.Command)
                    return status;
                if (_argumentsLeft == 0 && IsFile)
                    return Fail(ProtocolError.InvalidCount);
            }
            else if (IsFile)
            {
                return Fail(ProtocolError.InvalidCount);
            }
            else
            {
                ParseStatus status = ReadInline(ref cursor, end, arguments, limits);
                count = arguments.Count - first;
                if (status != ParseStatus.Command || count > 0)
                    return status;
            }
        }
        return ReadArguments(ref cursor, end, arguments, limits, ref count);
    }

    /// <summary>Reads "*n\r\n". An n of 0 or less leaves <see cref="_argumentsLeft"/> at 0: the command is empty.</summary>
    private ParseStatus ReadCount(ref byte* cursor, byte* end, ProtocolLimits limits)
    {
        long length = FindHeaderEnd(cursor, end);
        if (length < 0)
            return end - cursor > limits.InlineBytesMax ? Fail(ProtocolError.CountLineTooLong) : Suspend(cursor, 1);
        if (length + 2 > end - cursor)
            return Suspend(cursor, 1);

        if (!NumberText.TryParseInt64(Line(cursor, length), out long total) || total > limits.ArgumentsMax)
            return Fail(ProtocolError.InvalidCount);
        if (total > UnauthenticatedArgumentsMax && !Authenticated)
            return Fail(ProtocolError.UnauthenticatedCount);

        cursor += length + 2;
        Resume();
        _argumentsLeft = (int)Math.Max(total, 0);
        _bulkLength = -1;
        return ParseStatus.Command;
    }

    private ParseStatus ReadArguments(ref byte* cursor, byte* end, ArgumentArray arguments, ProtocolLimits limits, ref int count)
    {
        byte* position = cursor;
        int first = arguments.Count;
        int left = _argumentsLeft;
        long length = _bulkLength;
        ParseStatus status = ParseStatus.Command;
        while (left > 0)
        {
            if (length < 0)
            {
                status = ReadLength(ref position, end, limits, out length);
                if (status != ParseStatus.Command)
                    break;
            }
            long missing = length + 2 - (end - position);
            if (missing > 0)
            {
                status = Suspend(position, missing);
                break;
            }
            arguments.EnsureFree(1);
            arguments.Items[arguments.Count++] = new Argument { Pointer = position, Length = (int)length };
            position += length + 2;
            length = -1;
            left--;
        }

        cursor = position;
        _argumentsLeft = left;
        _bulkLength = length;
        if (status == ParseStatus.Command)
            PrependPending(arguments, first);
        else
            KeepPending(arguments, first, status);
        count = arguments.Count - first;
        return status;
    }

    /// <summary>Reads "$n\r\n". The length is -1 unless the status says command.</summary>
    private ParseStatus ReadLength(ref byte* position, byte* end, ProtocolLimits limits, out long length)
    {
        if (end - position >= 8)
        {
            ulong word = Unsafe.ReadUnaligned<ulong>(position);
            int size = BulkHeader.TryShort(word, out int shortLength);
            if (size != 0)
            {
                position += size;
                length = shortLength;
                _scanned = 0;
                return ParseStatus.Command;
            }
        }

        length = -1;
        long lineLength = FindHeaderEnd(position, end);
        if (lineLength < 0)
            return end - position > limits.InlineBytesMax ? Fail(ProtocolError.LengthLineTooLong) : Suspend(position, 1);
        if (lineLength + 2 > end - position)
            return Suspend(position, 1);
        if (*position != '$')
            return FailExpectedDollar(*position);

        if (!NumberText.TryParseInt64(Line(position, lineLength), out long parsed)
            || parsed < 0 || parsed > Math.Min(limits.BulkBytesMax, int.MaxValue))
            return Fail(ProtocolError.InvalidLength);
        if (parsed > UnauthenticatedBulkBytesMax && !Authenticated)
            return Fail(ProtocolError.UnauthenticatedLength);

        position += lineLength + 2;
        _scanned = 0;
        length = parsed;
        return ParseStatus.Command;
    }

    private ParseStatus ReadInline(ref byte* cursor, byte* end, ArgumentArray arguments, ProtocolLimits limits)
    {
        byte* lineEnd = FindLineEnd(cursor, end, (byte)'\n');
        if (lineEnd == null)
            return end - cursor > limits.InlineBytesMax ? Fail(ProtocolError.InlineTooLong) : Suspend(cursor, 1);

        byte* textEnd = lineEnd > cursor && lineEnd[-1] == '\r' ? lineEnd - 1 : lineEnd;
        int before = arguments.Count;
        if (!InlineCommand.TrySplit(cursor, textEnd, arguments))
        {
            arguments.Count = before;
            return Fail(ProtocolError.UnbalancedQuotes);
        }
        cursor = lineEnd + 1;
        Resume();
        return ParseStatus.Command;
    }

    /// <summary>Length of the header line up to its '\r', or -1.</summary>
    private long FindHeaderEnd(byte* line, byte* end)
    {
        byte* found = FindLineEnd(line, end, (byte)'\r');
        return found == null ? -1 : found - line;
    }

    /// <summary>
    /// Finds the line's end, not looking again at what an earlier call has seen. Like Redis, which searches with strchr, it does not look behind
    /// a zero byte: such a line never ends, and runs into the length limit.
    /// </summary>
    private byte* FindLineEnd(byte* line, byte* end, byte mark)
    {
        int searchable = (int)Math.Min(end - line, int.MaxValue) - _scanned;
        if (searchable < 0)
            return null;
        int found = new ReadOnlySpan<byte>(line + _scanned, searchable).IndexOfAny(mark, (byte)0);
        _scanned += found < 0 ? searchable : found;
        return found >= 0 && line[_scanned] == mark ? line + _scanned : null;
    }

    private static ReadOnlySpan<byte> Line(byte* header, long length) => new(header + 1, (int)(length - 1));

    /// <summary>Back to the state in which nothing is kept, but <see cref="_argumentsLeft"/> and pending arguments.</summary>
    private void Resume()
    {
        _state = State.Idle;
        _scanned = 0;
        _bulkLength = -1;
        _retainFrom = null;
        _bytesNeeded = 0;
    }

    private ParseStatus Suspend(byte* position, long needed)
    {
        _state = State.Suspended;
        _retainFrom = position;
        _bytesNeeded = needed;
        return ParseStatus.Incomplete;
    }

    private ParseStatus Fail(ProtocolError error)
    {
        FreePending();
        Resume();
        _state = State.Failed;
        _error = error;
        return ParseStatus.Error;
    }

    /// <summary>This text has a byte of the input in it, so it needs storage: that of the arguments, which nobody needs any more.</summary>
    private ParseStatus FailExpectedDollar(byte got)
    {
        Fail(ProtocolError.ExpectedDollar);
        ReadOnlySpan<byte> prefix = ProtocolErrorTexts.ExpectedDollarPrefix;
        ReservePending((prefix.Length + 2 + sizeof(Argument) - 1) / sizeof(Argument));
        var text = new Span<byte>(_pending, prefix.Length + 2);
        prefix.CopyTo(text);
        // An error reply is one line: Redis sends a space for a line end.
        text[^2] = got is (byte)'\r' or (byte)'\n' ? (byte)' ' : got;
        text[^1] = (byte)'\'';
        return ParseStatus.Error;
    }

    /// <summary>The command is complete: puts the arguments of earlier calls before those of this one.</summary>
    private void PrependPending(ArgumentArray arguments, int first)
    {
        int earlier = _pendingCount;
        if (earlier > 0)
        {
            arguments.EnsureFree(earlier);
            Argument* target = arguments.Items + first;
            int fresh = arguments.Count - first;
            new Span<Argument>(target, fresh).CopyTo(new Span<Argument>(target + earlier, fresh));
            for (int i = 0; i < earlier; i++)
                target[i] = new Argument { Pointer = _pending[i].Pointer + _shift, Length = _pending[i].Length };
            arguments.Count += earlier;
        }
        FreePending();
        Resume();
    }

    /// <summary>The command is incomplete: takes its arguments over from the array, unless they are worthless because of an error.</summary>
    private void KeepPending(ArgumentArray arguments, int first, ParseStatus status)
    {
        int fresh = arguments.Count - first;
        arguments.Count = first;
        if (status == ParseStatus.Error)
        {
            _argumentsLeft = 0;
            return;
        }
        if (fresh > 0)
        {
            ReservePending(_pendingCount + fresh);
            for (int i = 0; i < fresh; i++)
            {
                Argument argument = arguments.Items[first + i];
                _pending[_pendingCount++] = new Argument { Pointer = argument.Pointer - _shift, Length = argument.Length };
            }
        }
        if (_pendingCount > 0)
            _retainFrom = _pending[0].Pointer + _shift;
    }

    private void ReservePending(int capacity)
    {
        const int capacityMin = 8;
        if (capacity <= _pendingCapacity)
            return;
        int grown = (int)Math.Max(Math.Max(capacityMin, capacity), Math.Min(2L * _pendingCapacity, Array.MaxLength));
        _pending = (Argument*)NativeBlock.Reallocate((byte*)_pending, NativeBytes, (long)grown * sizeof(Argument));
        _pendingCapacity = grown;
    }

    private void FreePending()
    {
        NativeBlock.Free((byte*)_pending, NativeBytes);
        _pending = null;
        _pendingCount = 0;
        _pendingCapacity = 0;
        _shift = 0;
    }
}
