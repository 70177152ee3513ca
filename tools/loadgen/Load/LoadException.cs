// Control plane.
namespace FastKv.LoadGen.Load;

/// <summary>The run cannot go on, with a reason for the user.</summary>
internal sealed class LoadException(string message) : Exception(message);
