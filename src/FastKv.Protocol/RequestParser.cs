// Data plane. Decodes requests: RESP arrays of bulk strings, and inline commands, from a contiguous native buffer.
//
// Two ways through it:
//   Next          the hot one: a whole command with up to nine arguments lies in the buffer. It touches one byte of the parser's state,
//                 reads each header with one 8-byte load, and writes nothing but the arguments.
//   NextGeneral   everything else, in RequestParser.General.cs: incomplete commands, many arguments, long headers, inline, errors.
//
// What an incomplete command keeps: the arguments already decoded (positions in the buffer, in native storage of the parser), how many
// are still missing, and the length of the current one. So each byte of a header is looked at once however the input is cut: a command of
// a million arguments that arrives in small pieces costs linear time.
using System.Runtime.CompilerServices;

namespace FastKv.Protocol;

/// <summary>
/// Resumable request decoder of one connection, with the semantics and error texts of Redis 7 (networking.c). The buffer's owner must keep
/// the bytes from <see cref="RetainFrom"/> on while a command is incomplete, may move them if it says so with <see cref="Rebase"/>, and
/// must call <see cref="Dispose"/> in the end: the state of an incomplete command lives in native memory. A struct with state: pass it by reference.
/// </summary>
public unsafe partial struct RequestParser : IDisposable
{
    private enum State : byte
    {
        /// <summary>Between commands, nothing kept.</summary>
        Idle,

        /// <summary>Inside a command or a line.</summary>
        Suspended,

        /// <summary>The protocol was broken; <see cref="ErrorText"/> says how.</summary>
        Failed,
    }

    /// <summary>False while the client still has to authenticate: then at most 10 arguments of at most 16 KiB each are accepted.</summary>
    public bool Authenticated;

    /// <summary>
    /// True for what was written to a file: inline commands, which are unescaped in place, and empty ones are faults there, so that the bytes are only read.
    /// </summary>
    public bool IsFile;

    private State _state;
    private ProtocolError _error;

    /// <summary>Arguments still missing from the current array; 0 between commands and in inline ones.</summary>
    private int _argumentsLeft;

    /// <summary>Length of the argument whose header was read and whose payload is awaited; -1 while a header is awaited.</summary>
    private long _bulkLength;

    /// <summary>Bytes of the incomplete line at the cursor that are known to hold no line end.</summary>
    private int _scanned;

    // Arguments of the incomplete command. Their pointers are kept minus _shift, which makes Rebase O(1).
    private int _pendingCount;
    private int _pendingCapacity;
    private Argument* _pending;
    private long _shift;

    private byte* _retainFrom;
    private long _bytesNeeded;

    /// <summary>
    /// Decodes the command at <paramref name="cursor"/>. Empty commands (<c>*0</c>, <c>*-1</c>, blank lines) are skipped.
    /// O(bytes of headers decoded); the payload of an argument is not touched, but inline arguments with quotes are unescaped in place.
    /// </summary>
    /// <param name="cursor">First byte not yet decoded; advanced behind what was, also when the command is incomplete.</param>
    /// <param name="end">Behind the last byte of input.</param>
    /// <param name="arguments">Gets the arguments of a complete command appended; unchanged otherwise.</param>
    /// <param name="limits">What the client may send.</param>
    /// <param name="first">Index of the command's first argument (its name) in <paramref name="arguments"/>.</param>
    /// <param name="count">Number of its arguments; at least 1 for a command, 0 otherwise.</param>
    public ParseStatus Next(ref byte* cursor, byte* end, ArgumentArray arguments, ProtocolLimits limits, out int first, out int count)
    {
        const int argumentsMax = 9;
        byte* position = cursor;
        if (_state != State.Idle || end - position < 4)
        {
            if (position != end || _state != State.Idle)
                return NextGeneral(ref cursor, end, arguments, limits, out first, out count);
            // The end of a batch: as frequent as a command when clients do not pipeline.
            first = arguments.Count;
            count = 0;
            return ParseStatus.Incomplete;
        }

        uint header = Unsafe.ReadUnaligned<uint>(position);
        uint total = (byte)(header >> 8) - (uint)'0';
        if ((header & BulkHeader.OneDigitMask) != BulkHeader.OneDigitArray || total - 1 > argumentsMax - 1)
            return NextGeneral(ref cursor, end, arguments, limits, out first, out count);

        int used = arguments.Count;
        if (arguments.Capacity - used < argumentsMax)
            arguments.EnsureFree(argumentsMax);
        Argument* item = arguments.Items + used;
        Argument* behind = item + total;
        position += 4;
        do
        {
            long left = end - position;
            ulong word;
            if (left >= 8)
                word = Unsafe.ReadUnaligned<ulong>(position);
            else if (left >= 4)
                // Too near to the end for 8 bytes from here; but the 4 bytes of "*n\r\n" lie before, so 8 bytes up to the end are ours.
                word = Unsafe.ReadUnaligned<ulong>(end - 8) >> (int)(64 - (left * 8));
            else
                return NextGeneral(ref cursor, end, arguments, limits, out first, out count);

            int size = BulkHeader.TryShort(word, out int length);
            if (size == 0)
            {
                size = BulkHeader.TryMedium(word, out length);
                if (size == 0 || length > limits.BulkBytesMax || (length > UnauthenticatedBulkBytesMax && !Authenticated))
                    return NextGeneral(ref cursor, end, arguments, limits, out first, out count);
            }

            byte* payload = position + size;
            position = payload + length + 2;
            if (position > end)
                return NextGeneral(ref cursor, end, arguments, limits, out first, out count);
            item->Pointer = payload;
            item->Length = length;
            item++;
        }
        while (item != behind);

        arguments.Count = used + (int)total;
        cursor = position;
        first = used;
        count = (int)total;
        return ParseStatus.Command;
    }
}
