using System.Runtime.InteropServices;
using System.Text;
using FastKv.Engine.Commands;
using FastKv.Memory;
using FastKv.Protocol;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Commands;

/// <summary>Runs handlers that need neither keys nor a session, without a server, and native copies of arguments.</summary>
internal static unsafe class CommandRunner
{
    /// <summary>Receives arguments in native memory.</summary>
    public delegate T OnArguments<T>(Argument* arguments, int count);

    /// <summary>Calls <paramref name="body"/> with the arguments as a request's would be.</summary>
    public static T WithArguments<T>(string[] words, OnArguments<T> body)
    {
        var arguments = (Argument*)NativeMemory.AllocZeroed((nuint)words.Length, (nuint)sizeof(Argument));
        try
        {
            for (int i = 0; i < words.Length; i++)
            {
                byte[] bytes = Encoding.Latin1.GetBytes(words[i]);
                arguments[i].Pointer = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
                arguments[i].Length = bytes.Length;
                bytes.CopyTo(new Span<byte>(arguments[i].Pointer, bytes.Length));
            }
            return body(arguments, words.Length);
        }
        finally
        {
            for (int i = 0; i < words.Length; i++)
                NativeMemory.Free(arguments[i].Pointer);
            NativeMemory.Free(arguments);
        }
    }

    /// <summary>The one reply of the command, which must be all that it wrote.</summary>
    public static RespFrame Run(byte resp, params string[] words) => WithArguments(words, (arguments, count) =>
    {
        var command = CommandTable.Find(arguments[0].Span) ?? throw new ArgumentException("no command " + words[0]);
        if (command.Subcommands.Length > 0 && count > 1)
            command = CommandTable.FindSubcommand(command, arguments[1].Span) ?? throw new ArgumentException("no subcommand " + words[1]);
        using var pool = new BufferPool();
        var output = new BufferChain(pool);
        var context = new CommandContext { Arguments = arguments, Count = count, Command = command, Reply = new ReplyWriter(output, resp) };
        command.Handler(ref context);
        byte[] bytes = Bytes(output);
        output.Clear();
        int position = 0;
        var frame = RespFrame.TryRead(bytes, bytes.Length, ref position);
        Assert.NotNull(frame);
        Assert.Equal(bytes.Length, position);
        return frame;
    });

    private static byte[] Bytes(BufferChain chain)
    {
        var bytes = new List<byte>();
        for (var segment = chain.Head; segment != null; segment = segment->Next)
            bytes.AddRange(new ReadOnlySpan<byte>(segment->Data + segment->Consumed, segment->Unread).ToArray());
        return [.. bytes];
    }
}
