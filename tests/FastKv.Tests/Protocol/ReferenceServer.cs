// A redis-server of the system on a free port of the loopback, for differential tests; without one those tests pass unexecuted.
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace FastKv.Tests.Protocol;

/// <summary>A redis-server process that lives as long as the test.</summary>
internal sealed class ReferenceServer : IDisposable
{
    private readonly Process _process;
    private readonly int _port;

    private ReferenceServer(Process process, int port)
    {
        _process = process;
        _port = port;
    }

    /// <summary>Starts a server, or returns null if the system has none.</summary>
    public static ReferenceServer? TryStart(params string[] options)
    {
        string? path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(folder => Path.Combine(folder, "redis-server")).FirstOrDefault(File.Exists);
        if (path == null)
            return null;
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        int port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        var start = new ProcessStartInfo(path) { RedirectStandardOutput = true };
        foreach (string argument in (string[])["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", .. options])
            start.ArgumentList.Add(argument);
        Process process = Process.Start(start)!;
        while (process.StandardOutput.ReadLine() is { } line && !line.Contains("Ready to accept connections"))
            Assert.False(process.HasExited);
        return new ReferenceServer(process, port);
    }

    /// <summary>Sends the input, then the end of the stream; returns all that the server answers until it closes.</summary>
    public byte[] Ask(byte[] input)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 10_000 };
        socket.Connect(IPAddress.Loopback, _port);
        for (int sent = 0; sent < input.Length;)
            sent += socket.Send(input, sent, input.Length - sent, SocketFlags.None);
        socket.Shutdown(SocketShutdown.Send);
        var answer = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        while (true)
        {
            int received = socket.Receive(buffer, 0, buffer.Length, SocketFlags.None, out SocketError error);
            // A server that closes with input unread resets the connection: the end as well.
            Assert.True(error is SocketError.Success or SocketError.ConnectionReset, error.ToString());
            if (received == 0 || error != SocketError.Success)
                return answer.ToArray();
            answer.Write(buffer, 0, received);
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
