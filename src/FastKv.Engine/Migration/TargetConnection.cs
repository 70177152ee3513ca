using System.Net.Sockets;
using FastKv.Memory;

namespace FastKv.Engine.Migration;

// Control plane. A connection to another server: native bytes out, lines in. Each step has the migration's timeout, as each has in Redis.

/// <summary>One connection to a target; used by one migration at a time.</summary>
internal sealed class TargetConnection(MigrationTarget target) : IDisposable
{
    private const int SendBytes = 64 * 1024;
    private const int ReceiveBytes = 16 * 1024;

    /// <summary>Redis reads answers into so many bytes; the rest of a longer one is of no interest.</summary>
    private const int LineBytesMax = 1023;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _output = new byte[SendBytes];
    private readonly byte[] _input = new byte[ReceiveBytes];
    private int _inputStart, _inputEnd;

    public MigrationTarget Target { get; } = target;

    /// <summary>The database that is selected there; −1: unknown.</summary>
    public long Database { get; set; } = -1;

    /// <summary>When it was given back, milliseconds.</summary>
    public long IdleSinceMs { get; set; }

    /// <summary>It has served a migration before.</summary>
    public bool IsUsed { get; set; }

    /// <exception cref="SocketException">It cannot be reached.</exception>
    /// <exception cref="OperationCanceledException">Not in time.</exception>
    public async ValueTask ConnectAsync(CancellationToken end)
    {
        using var step = new TimedStep(Target.TimeoutMs, end);
        await _socket.ConnectAsync(Target.Host, Target.Port, step.Token).ConfigureAwait(false);
    }

    /// <summary>Sends all of a buffer.</summary>
    /// <exception cref="SocketException">The connection has failed.</exception>
    /// <exception cref="OperationCanceledException">Nothing could be sent for too long.</exception>
    public async ValueTask SendAsync(NativeBuffer bytes, CancellationToken end)
    {
        for (long sent = 0; sent < bytes.Length;)
        {
            int count = Fill(bytes, sent);
            using var step = new TimedStep(Target.TimeoutMs, end);
            for (int done = 0; done < count;)
                done += await _socket.SendAsync(_output.AsMemory(done, count - done), SocketFlags.None, step.Token).ConfigureAwait(false);
            sent += count;
        }
    }

    /// <summary>Reads one line, without its end, of at most 1023 bytes.</summary>
    /// <exception cref="SocketException">The connection has failed, or ended.</exception>
    /// <exception cref="OperationCanceledException">It did not come in time.</exception>
    public async ValueTask<byte[]> ReadLineAsync(CancellationToken end)
    {
        using var step = new TimedStep(Target.TimeoutMs, end);
        var line = new List<byte>(8);
        while (true)
        {
            if (_inputStart == _inputEnd)
            {
                _inputStart = 0;
                _inputEnd = await _socket.ReceiveAsync(_input, SocketFlags.None, step.Token).ConfigureAwait(false);
                if (_inputEnd == 0)
                    throw new SocketException((int)SocketError.ConnectionReset);
            }
            if (TakeLine(line))
                return [.. line];
        }
    }

    public void Dispose() => _socket.Dispose();

    private unsafe int Fill(NativeBuffer bytes, long from)
    {
        int count = (int)Math.Min(SendBytes, bytes.Length - from);
        new ReadOnlySpan<byte>(bytes.Data + from, count).CopyTo(_output);
        return count;
    }

    /// <summary>Adds what has been received to the line; true: it is complete.</summary>
    private bool TakeLine(List<byte> line)
    {
        var received = _input.AsSpan(_inputStart, _inputEnd - _inputStart);
        int length = received.IndexOf((byte)'\n');
        var piece = length < 0 ? received : received[..length];
        _inputStart += length < 0 ? piece.Length : length + 1;
        line.AddRange(piece[..Math.Min(piece.Length, LineBytesMax - line.Count)]);
        if (length < 0)
            return false;
        if (line.Count > 0 && line[^1] == (byte)'\r')
            line.RemoveAt(line.Count - 1);
        return true;
    }

    /// <summary>A step that ends after the timeout, or when all ends.</summary>
    private readonly struct TimedStep : IDisposable
    {
        private readonly CancellationTokenSource _source;

        public TimedStep(int timeoutMs, CancellationToken end)
        {
            _source = CancellationTokenSource.CreateLinkedTokenSource(end);
            _source.CancelAfter(timeoutMs);
        }

        public CancellationToken Token => _source.Token;

        public void Dispose() => _source.Dispose();
    }
}
