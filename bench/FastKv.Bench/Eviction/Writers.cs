// A thousand connections that write as fast as they can. Control plane.
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FastKv.LoadGen.Servers;

namespace FastKv.Bench.Eviction;

/// <summary>Threads with some connections each, which they serve in turn: a few SETs are sent to each, then the replies are read.</summary>
internal sealed class Writers : IDisposable
{
    private const int Threads = 8;
    private const int ConnectionsPerThread = 125;
    private const int SetsPerTurn = 4;
    private const int KeyCount = 20_000_000;
    private const int ValueBytesMax = 65_536;

    private readonly Thread[] _threads;
    private readonly SizePhase[] _phases;
    private readonly double _seconds;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly EndPoint _server;
    private readonly byte[] _value = new byte[ValueBytesMax];
    private long _writtenBytes, _sets, _errors;
    private volatile bool _stopping;

    /// <summary>Starts writing.</summary>
    /// <param name="server">Where to.</param>
    /// <param name="core">Core of the threads.</param>
    /// <param name="phases">Sizes, for an equal part of the time each.</param>
    /// <param name="seconds">The time.</param>
    public Writers(EndPoint server, int core, SizePhase[] phases, double seconds)
    {
        (_server, _phases, _seconds) = (server, phases, seconds);
        new Random(1).NextBytes(_value);
        _threads = [.. Enumerable.Range(0, Threads).Select(i => new Thread(() => Run(i, core)) { IsBackground = true })];
        foreach (Thread thread in _threads)
            thread.Start();
    }

    /// <summary>Whether all have ended.</summary>
    public bool IsDone => _threads.All(t => !t.IsAlive);

    /// <summary>Bytes of values so far.</summary>
    public long WrittenBytes => Volatile.Read(ref _writtenBytes);

    /// <summary>SETs so far.</summary>
    public long Sets => Volatile.Read(ref _sets);

    /// <summary>Error replies.</summary>
    public long Errors => Volatile.Read(ref _errors);

    /// <summary>What ended a thread too early.</summary>
    public Exception? Failure { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping = true;
        foreach (Thread thread in _threads)
            thread.Join();
    }

    private void Run(int index, int core)
    {
        CpuAffinity.PinCurrentThread([core]);
        var random = new Random(index);
        var sockets = new List<Socket>();
        try
        {
            for (int i = 0; i < ConnectionsPerThread; i++)
            {
                var socket = new Socket(_server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                sockets.Add(socket);
                socket.Connect(_server);
            }
            var request = new MemoryStream();
            var replies = new byte[SetsPerTurn * 64];
            while (!_stopping && _clock.Elapsed.TotalSeconds < _seconds)
            {
                SizePhase phase = _phases[Math.Min(_phases.Length - 1, (int)(_clock.Elapsed.TotalSeconds / _seconds * _phases.Length))];
                foreach (Socket socket in sockets)
                    Send(socket, request, phase, random);
                foreach (Socket socket in sockets)
                    Receive(socket, replies);
            }
        }
        catch (SocketException error)
        {
            Failure = error;
        }
        finally
        {
            sockets.ForEach(s => s.Dispose());
        }
    }

    private void Send(Socket socket, MemoryStream request, SizePhase phase, Random random)
    {
        request.SetLength(0);
        long bytes = 0;
        for (int i = 0; i < SetsPerTurn; i++)
        {
            int size = phase.Draw(random);
            string key = $"key:{random.Next(KeyCount)}";
            request.Write(Encoding.ASCII.GetBytes($"*3\r\n$3\r\nSET\r\n${key.Length}\r\n{key}\r\n${size}\r\n"));
            request.Write(_value, 0, size);
            request.Write("\r\n"u8);
            bytes += size;
        }
        socket.Send(request.GetBuffer(), 0, (int)request.Length, SocketFlags.None);
        Interlocked.Add(ref _writtenBytes, bytes);
        Interlocked.Add(ref _sets, SetsPerTurn);
    }

    private void Receive(Socket socket, byte[] buffer)
    {
        for (int lines = 0; lines < SetsPerTurn;)
        {
            int count = socket.Receive(buffer);
            if (count == 0)
                throw new SocketException((int)SocketError.ConnectionReset);
            lines += buffer.AsSpan(0, count).Count((byte)'\n');
            Interlocked.Add(ref _errors, buffer.AsSpan(0, count).Count((byte)'-'));
        }
    }
}
