// What any server has to pay for a request: one receive, one send. Control plane (a measurement).
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using FastKv.LoadGen.Load;
using FastKv.Network.Native;

namespace FastKv.Bench.Reports;

/// <summary>
/// A server that does nothing: while requests come it polls its non-blocking sockets without sleeping, one recv a look, and answers whatever it received with
/// one send of <c>+OK</c>. It parses nothing, so requests must come one at a time. Its rate is the most that any server can reach which makes a system call
/// to receive a request and another one to reply.
/// </summary>
internal static unsafe class FloorServer
{
    /// <summary>The command of this program that runs it; a port follows.</summary>
    public const string CommandName = "floor";

    private const int Backlog = 64;
    private const int BufferBytes = 16 * 1024;

    /// <summary>Looks at the sockets between two looks at the clock and at new connections: some 100 µs, less than 1% of them for that.</summary>
    private const int LooksPerRound = 256;

    /// <summary>After so long without a request it sleeps: other servers are measured on this core then.</summary>
    private const long IdleMs = 20;

    /// <summary>Serves until the process is ended.</summary>
    public static int Run(string port)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, int.Parse(port)));
        listener.Listen(Backlog);
        var clients = new List<Socket>();
        while (true)
        {
            Socket.Select(new List<Socket>([listener, .. clients]), null, null, -1);
            long idleSince = Environment.TickCount64;
            while (Environment.TickCount64 - idleSince < IdleMs)
            {
                if (listener.Poll(0, SelectMode.SelectRead))
                    Accept(listener, clients);
                if (Serve(clients))
                    idleSince = Environment.TickCount64;
            }
        }
    }

    private static void Accept(Socket listener, List<Socket> clients)
    {
        Socket client = listener.Accept();
        client.NoDelay = true;
        client.Blocking = false;
        clients.Add(client);
    }

    /// <summary>Looks at each socket some times; whether there was a request.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Serve(List<Socket> clients)
    {
        byte* buffer = stackalloc byte[BufferBytes];
        ReadOnlySpan<byte> ok = "+OK\r\n"u8;
        Span<int> handles = stackalloc int[clients.Count];
        for (int i = 0; i < handles.Length; i++)
            handles[i] = (int)clients[i].Handle;
        bool isBusy = false;
        fixed (byte* reply = ok)
        {
            for (int look = 0; look < LooksPerRound; look++)
            {
                for (int i = 0; i < handles.Length; i++)
                {
                    nint received = Libc.Receive(handles[i], buffer, BufferBytes, Libc.MSG_DONTWAIT);
                    if (received > 0)
                    {
                        isBusy = true;
                        if (Libc.Send(handles[i], reply, (nuint)ok.Length, Libc.MSG_NOSIGNAL) != ok.Length)
                            throw new LoadException("the floor could not send a reply");
                    }
                    else if (received == 0 || Libc.LastError != Errno.EAGAIN)
                    {
                        clients[i].Dispose();
                        clients.RemoveAt(i);
                        return true;
                    }
                }
            }
        }
        return isBusy;
    }
}
